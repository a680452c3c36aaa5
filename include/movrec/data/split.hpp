#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "movrec/core/field.hpp"
#include "movrec/data/dataset.hpp"

namespace movrec {

/// The strategies by name.
std::vector<std::string_view> split_names();

struct SplitOptions {
  std::string split;  ///< strategy; empty: predefined where the data set has a test part, else random
  double test_fraction = 0.2;
  std::int64_t test_rows = 0;
  double valid_fraction = 0;  ///< 0: the strategy's own, 0.1 (chronological: 0.2)
  std::string valid_from = "train";
  double visible_fraction = 0.8;
  std::string mask_share = "0.8";
  std::uint64_t split_seed = 42;
  int fold_count = 5, fold_index = 1;
  int leave = 1;
  std::string per_user_by = "random";
  std::string test_from, valid_start;
  std::uint64_t tie_seed = 0;

  static constexpr std::string_view kGroup = option_group::kSplit;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "split",
                .help =
                    "how test rows are chosen (default: predefined with ‹fold› or ‹test-file›, else random)",
                .choices = split_names(),
                .old_names = {{"s4-users", "users-masked"},
                              {"s4-masks", "ratings-masked"},
                              {"s4-masks-clean", "ratings-masked-clean"}}},
          self.split);
    visit(Field{.name = "test-fraction",
                .help =
                    "share of all rows (users: of all users; per-user: of each user's rows, at least one of "
                    "which stays in train) that is test",
                .min = 0.001,
                .max = 0.9},
          self.test_fraction);
    visit(
        Field{.name = "test-rows",
              .help = "random: exactly so many test rows instead of ‹test-fraction› (0: rounded up from it)",
              .min = 0,
              .max = 4e9},
        self.test_rows);
    visit(Field{.name = "valid-fraction",
                .help =
                    "share of the part named by ‹valid-from› that is validation (0: 0.1; chronological: 0.2)",
                .min = 0,
                .max = 0.9},
          self.valid_fraction);
    visit(Field{.name = "valid-from",
                .help = "the part that validation is cut from; 80/10/10 is 0.2, test, 0.5; none: no "
                        "validation, and the last epoch is the best",
                .choices = {"train", "test", "none"}},
          self.valid_from);
    visit(Field{.name = "visible-fraction",
                .help = "users: share of each held-out user's ratings that a model is shown; it is asked for "
                        "the others",
                .min = 0,
                .max = 0.99},
          self.visible_fraction);
    visit(Field{.name = "mask-share",
                .help = "ratings-masked-clean: share of each user's ratings that is test",
                .choices = {"0.8", "0.9"}},
          self.mask_share);
    visit(Field{.name = "split-seed",
                .help = "seed of the split, as of numpy's RandomState",
                .min = 0,
                .max = 4294967295.0},
          self.split_seed);
    visit(
        Field{
            .name = "fold-count", .help = "k-fold: how many parts take turns as test", .min = 2, .max = 1000},
        self.fold_count);
    visit(Field{.name = "fold-index", .help = "k-fold: which of them is test, from 1", .min = 1, .max = 1000},
          self.fold_index);
    visit(Field{.name = "leave",
                .help = "leave-last: so many of each user's last ratings are test, and as many before them "
                        "validation; users with too few for that and one more stay in train",
                .min = 1,
                .max = 1e6},
          self.leave);
    visit(Field{.name = "per-user-by",
                .help = "per-user: which of each user's ratings are held out",
                .choices = {"random", "latest"}},
          self.per_user_by);
    visit(Field{.name = "test-from",
                .help = "date: ratings of this day (2000-12-31, UTC) or unix second and later are test",
                .value_name = "DATE"},
          self.test_from);
    visit(Field{.name = "valid-start",
                .help = "date: of the others, those of this day or unix second and later are validation "
                        "(default: the last ‹valid-fraction› of them by time)",
                .value_name = "DATE"},
          self.valid_start);
    visit(
        Field{.name = "tie-seed",
              .help =
                  "leave-last, and per-user by latest: seed of the order of ratings of one time (0: as they "
                  "stand in the file)"},
        self.tie_seed);
  }
};

/// A user of whom a model is shown some ratings and asked for others. A part may ask about one user often.
struct SplitQuery {
  UserIdx user;
  std::vector<std::uint32_t> visible, hidden;  ///< positions in the part's rows, ascending
};

/// Disjoint rows of one Dataset, in the order in which the strategy draws them; a pure function of dataset
/// and options.
struct Split {
  std::vector<RowIdx> train, valid, test;
  /// Where a part holds users, not ratings: what is shown and asked of each. Else empty: all its rows are
  /// asked for, and its users are known by their other ratings.
  std::vector<SplitQuery> valid_queries, test_queries;
  /// SHA-256 over the three lists (int32 little endian) and their sizes, and over the queries where there are
  /// any.
  std::string digest;
  std::string note;    ///< what decided where times did not; empty if they did
  std::string caveat;  ///< why its test figures say nothing about new ratings; empty if they do
};

/// Error{usage} if the data set does not allow the strategy (no times, no predefined part), or a part would
/// be empty.
Split make_split(const Dataset&, const SplitOptions&);

/// The strategy as texts call it.
inline std::string_view shown_split(const SplitOptions& options) {
  return options.split.empty() ? "the split" : std::string_view(options.split);
}

/// Whether --test-fraction decides what is test.
bool takes_test_fraction(const Dataset&, const SplitOptions&);

/// The ratings of each part.
struct RatingParts {
  Ratings train, valid, test;
};

/// Moves all ratings into their parts, a column at a time, so that no two copies of the data are held at
/// once.
RatingParts take_parts(Ratings&& all, const Split&);

/// numpy's legacy `RandomState(seed)`: MT19937; shuffles go from the last index down, with masked rejection.
class NumpyRandom {
 public:
  explicit NumpyRandom(std::uint32_t seed) : random_(seed) {}
  void shuffle(std::span<std::uint32_t>);

 private:
  std::mt19937 random_;
};

/// `RandomState(seed).permutation(n)`.
std::vector<RowIdx> numpy_permutation(std::size_t n, std::uint32_t seed);

}  // namespace movrec
