#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "data/rows_by_user.hpp"
#include "data/split_strategies.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/random.hpp"

namespace movrec {
namespace {

/// A user's rows, latest first. Of equal times the later row is the later one, or a seeded order of pairs says which,
/// whatever order the file has.
class LatestFirst {
 public:
  LatestFirst(const Ratings& ratings, std::uint64_t tie_seed) : ratings_(ratings), tie_seed_(tie_seed) {}

  bool operator()(RowIdx a, RowIdx b) const {
    if (ratings_.times[a] != ratings_.times[b]) return ratings_.times[a] > ratings_.times[b];
    if (tie_seed_ != 0)
      if (const std::uint64_t of_a = drawn(a), of_b = drawn(b); of_a != of_b) return of_a > of_b;
    return a > b;
  }

 private:
  std::uint64_t drawn(RowIdx row) const {
    return mix_seed(mix_seed(tie_seed_, index(ratings_.users[row])), index(ratings_.items[row]));
  }

  const Ratings& ratings_;
  std::uint64_t tie_seed_;
};

/// Counts the cuts through a user's rows, and those on both sides of which ratings have one time.
class Cuts {
 public:
  explicit Cuts(const Ratings& ratings) : times_(ratings.times) {}

  /// Between rows[at - 1] and rows[at]; at the ends there is none.
  void add(std::span<const RowIdx> rows, std::size_t at) {
    if (at == 0 || at >= rows.size()) return;
    ++n_;
    n_tied_ += times_[rows[at - 1]] == times_[rows[at]] ? 1 : 0;
  }
  /// Empty without ties.
  std::string note(std::uint64_t tie_seed) const {
    if (n_tied_ == 0) return {};
    return fmt::format("at {} of {} cuts between a user's ratings those on both sides have one time: {}",
                       format_count(n_tied_), format_count(n_),
                       tie_seed == 0 ? "the file's order decides (‹tie-seed›)"
                                     : fmt::format("the order of ‹tie-seed› {} decides", tie_seed));
  }

 private:
  const std::vector<std::int64_t>& times_;
  std::int64_t n_ = 0, n_tied_ = 0;
};

/// Of a user's n rows, to the nearest; at least one is not among them.
std::size_t share_of_user(double fraction, std::size_t n) {
  return std::min(static_cast<std::size_t>(std::lround(fraction * static_cast<double>(n))), n - 1);
}

/// Holds out rows of each user: n_held_out(n) of n, at random or the latest.
template <class Count>
std::pair<Rows, Rows> cut_each_user(const Ratings& ratings,
                                    const Rows& rows,
                                    const SplitOptions& options,
                                    Cuts& cuts,
                                    const Count& n_held_out) {
  const bool by_time = options.per_user_by == "latest";
  const LatestFirst latest_first(ratings, options.tie_seed);
  const RowsByUser by_user(ratings, rows);
  NumpyRandom random(numpy_seed(options));
  std::vector<bool> is_held_out(ratings.size());
  std::vector<RowIdx> mine;
  for (std::size_t user = 0; user < by_user.n_users(); ++user) {
    mine.assign(by_user.of(user).begin(), by_user.of(user).end());
    if (mine.empty()) continue;
    const std::size_t n = n_held_out(mine.size());
    if (by_time) {
      std::ranges::sort(mine, latest_first);
      cuts.add(mine, n);
    } else {
      random.shuffle(mine);
    }
    for (std::size_t k = 0; k < n; ++k) is_held_out[mine[k]] = true;
  }
  std::pair<Rows, Rows> parts;
  for (const RowIdx row : rows) (is_held_out[row] ? parts.first : parts.second).push_back(row);
  return parts;
}

}  // namespace

Parts split_leave_last(const Dataset& dataset, const SplitOptions& options) {
  if (options.valid_fraction > 0 || options.valid_from != "train")
    fail(ErrorKind::usage,
         "‹split› leave-last: validation is each user's last but one rating, so ‹valid-fraction› and "
         "‹valid-from› do not apply");
  const Ratings& ratings = dataset.ratings;
  const auto leave = static_cast<std::size_t>(options.leave);
  const LatestFirst latest_first(ratings, options.tie_seed);
  const RowsByUser by_user(ratings);
  enum class Part : char { train, valid, test };
  std::vector<Part> part_of(ratings.size(), Part::train);
  Cuts cuts(ratings);
  std::vector<RowIdx> rows;
  for (std::size_t user = 0; user < by_user.n_users(); ++user) {
    rows.assign(by_user.of(user).begin(), by_user.of(user).end());
    if (rows.size() < 2 * leave + 1) continue;
    std::ranges::partial_sort(rows, rows.begin() + static_cast<std::ptrdiff_t>(2 * leave + 1), latest_first);
    for (std::size_t k = 0; k < 2 * leave; ++k) part_of[rows[k]] = k < leave ? Part::test : Part::valid;
    cuts.add(rows, leave);
    cuts.add(rows, 2 * leave);
  }
  Parts parts;
  for (RowIdx row = 0; row < ratings.size(); ++row)
    (part_of[row] == Part::test    ? parts.test
     : part_of[row] == Part::valid ? parts.valid
                                   : parts.train)
        .push_back(row);
  parts.note = cuts.note(options.tie_seed);
  return parts;
}

Parts split_per_user(const Dataset& dataset, const SplitOptions& options) {
  const Ratings& ratings = dataset.ratings;
  if (options.per_user_by == "latest" && ratings.times.empty())
    fail(ErrorKind::usage, "‹per-user-by› latest: {} has no times", dataset.name);
  Cuts cuts(ratings);
  const auto hold_out = [&](const Rows& rows, double fraction) {
    return cut_each_user(ratings, rows, options, cuts,
                         [&](std::size_t n) { return share_of_user(fraction, n); });
  };
  auto [test, train] = hold_out(all_rows(dataset), options.test_fraction);
  Parts parts;
  if (options.valid_from == "test") {
    const double fraction = valid_fraction(options, 0.1);
    auto [rest, valid] = cut_each_user(ratings, test, options, cuts,
                                       [&](std::size_t n) { return n - share_of_user(fraction, n); });
    parts = {std::move(train), std::move(valid), std::move(rest)};
  } else {
    parts = with_validation(options, std::move(train), std::move(test), hold_out);
  }
  parts.note = cuts.note(options.tie_seed);
  return parts;
}

}  // namespace movrec
