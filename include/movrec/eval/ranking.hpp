#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "movrec/core/field.hpp"
#include "movrec/data/catalog.hpp"
#include "movrec/eval/held_out.hpp"
#include "movrec/model/common/model.hpp"

namespace movrec {

struct RankingOptions {
  std::vector<std::int64_t> ks{5, 10, 20, 50};
  double relevant_from = 0;
  std::int64_t sampled_negatives = 0;
  std::uint64_t ranking_seed = 42;

  static constexpr std::string_view kGroup = option_group::kRanking;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "ks",
                .help = "lengths of the lists whose ranking is measured; '' measures none",
                .min = 1,
                .max = 1e6},
          self.ks);
    visit(Field{.name = "relevant-from",
                .help = "stars from which a held-out rating counts as a hit (0: any)",
                .min = 0,
                .max = 1e6},
          self.relevant_from);
    visit(Field{.name = "sampled-negatives",
                .help = "leave-last: rank the held-out item among so many random unrated ones only (0: among "
                        "all items; figures from samples compare with nothing else)",
                .min = 0,
                .max = 1e6},
          self.sampled_negatives);
    visit(Field{.name = "ranking-seed",
                .help = "seed of sampled items, of the random reference, and of the order of items of one "
                        "score where "
                        "they are more than the shortest list has places (of fewer the smaller id is first)"},
          self.ranking_seed);
  }
};

/// One list that a model is asked for. All spans are ascending and lie in the RankingTask.
struct RankingCase {
  UserQuery query;
  std::span<const ItemIdx> left_out;      ///< never in the list: what the user is known to have rated
  std::span<const ItemIdx> relevant;      ///< hits, at least one
  std::span<const ItemIdx> candidates{};  ///< the list is made of these; empty: of all items
};

/// All lists that a part of a split asks for, and what is known of the items in them.
class RankingTask {
 public:
  /// One case for each query, else for each user with rows in the part, ascending. `known` are the rows that
  /// are no test for the model, first those that it was fitted on; their items are left out. Error{usage} if
  /// sampled negatives are asked for where users have more than one relevant item.
  RankingTask(const HeldOut&, std::initializer_list<const Ratings*> known, const SideInfo&, RankingOptions);
  RankingTask(RankingTask&&) = default;
  RankingTask(const RankingTask&) = delete;

  const RankingOptions& options() const { return options_; }
  std::span<const RankingCase> cases() const { return cases_; }
  /// Cases that are left out because nothing held out reaches --relevant-from.
  std::int64_t n_without_relevant() const { return n_without_relevant_; }
  std::int32_t n_items() const { return static_cast<std::int32_t>(item_ratings_.size()); }
  /// Of the rows that the model was fitted on.
  std::span<const std::int32_t> item_ratings() const { return item_ratings_; }
  std::int64_t n_train_users() const { return n_train_users_; }
  std::span<const std::uint32_t> genre_bits() const { return genre_bits_; }  ///< empty without genres

 private:
  void add_users(const Ratings& rows);
  void add_queries(const HeldOut&);
  void sample_candidates();

  RankingOptions options_;
  SeenItems seen_, relevant_;
  std::optional<HeldOutQueries> queries_;
  std::vector<ItemIdx> hits_, sampled_;
  std::vector<RankingCase> cases_;
  std::vector<std::int32_t> item_ratings_;
  std::vector<std::uint32_t> genre_bits_;
  std::int64_t n_train_users_ = 0, n_without_relevant_ = 0;
};

/// The lists of all cases, best first: row c of [cases, width]; kNoItem where a list ends early.
struct TopLists {
  std::size_t width = 0;
  std::vector<ItemIdx> items;
  std::vector<char>
      drawn{};  ///< by case: a seeded order decides among equal scores, more than the longest list has places
  std::span<const ItemIdx> of(std::size_t c) const { return std::span(items).subspan(c * width, width); }
};

/// The model's lists of the largest K. Among equal scores the smaller item comes first, or, where they are more than the
/// largest K, an order drawn for the user by --ranking-seed decides. The same for any block size and number of threads.
TopLists rank(const Model&, const RankingTask&);

/// Figures of the lists of one model. `names` are METRIC@K; the first `n_by_case` of them are means over
/// cases of `by_case`, [cases, n_by_case], summed in double in the order of the cases.
struct RankingScores {
  std::vector<std::string> names;
  std::vector<double> values;  ///< NaN where the data cannot say
  std::size_t n_by_case = 0;
  std::vector<double> by_case;
  std::int64_t n_drawn = 0;  ///< lists in which a seeded order decides among many equal scores

  std::optional<double> value(std::string_view name) const;
};

RankingScores evaluate_ranking(const Model&, const RankingTask&);

/// What any model must beat, fitted on the task's own rows: popularity, and lists in random order.
using NamedScores = std::vector<std::pair<std::string, RankingScores>>;
NamedScores evaluate_ranking_references(const RankingTask&);
/// What a look into leaky rows alone achieves: ranks by the summed stars of the users in `train` who gave
/// every rating that the query shows. Holds users x items floats.
RankingScores evaluate_lookup(const RankingTask&, const Ratings& train);

}  // namespace movrec
