#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "movrec/data/split.hpp"

namespace movrec {

using Rows = std::vector<RowIdx>;

/// What a strategy gives: a Split without its digest.
struct Parts {
  Rows train, valid, test;
  std::vector<SplitQuery> valid_queries{}, test_queries{};
  std::string note{};
};

inline Rows all_rows(const Dataset& dataset) {
  Rows rows(dataset.ratings.size());
  std::iota(rows.begin(), rows.end(), RowIdx{0});
  return rows;
}

inline std::size_t share(double fraction, std::size_t n) {
  return static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(n)));
}

inline double valid_fraction(const SplitOptions& options, double standard) {
  return options.valid_fraction > 0 ? options.valid_fraction : standard;
}

inline std::uint32_t numpy_seed(const SplitOptions& options) {
  return static_cast<std::uint32_t>(options.split_seed);
}

/// scikit-learn's train_test_split of `rows` with test_size = n: first the test rows, then the others.
inline std::pair<Rows, Rows> random_cut(const Rows& rows, std::size_t n, std::uint32_t seed) {
  Rows order = numpy_permutation(rows.size(), seed);
  for (RowIdx& i : order) i = rows[i];
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(std::min(n, rows.size()));
  return {Rows(order.begin(), middle), Rows(middle, order.end())};
}

/// Cuts validation rows from train or, with --valid-from test, from test; `cut(rows, fraction)` gives the
/// chosen rows and the others. From test, as with train_test_split, the chosen ones stay test.
template <class Cut>
Parts with_validation(const SplitOptions& options, Rows train, Rows test, const Cut& cut) {
  if (options.valid_from == "none") return {std::move(train), {}, std::move(test)};
  const double fraction = valid_fraction(options, 0.1);
  if (options.valid_from == "test") {
    auto [rest, valid] = cut(test, 1 - fraction);
    return {std::move(train), std::move(valid), std::move(rest)};
  }
  auto [valid, rest] = cut(train, fraction);
  return {std::move(rest), std::move(valid), std::move(test)};
}

/// One query for each user of `rows`, ascending: a seeded choice of int(--visible-fraction · n) of the user's
/// n rows is visible, the others, at least one, are hidden.
std::vector<SplitQuery> hide_some(const Ratings&, const Rows& rows, const SplitOptions&);

/// Times up to their 1 - --test-fraction quantile are train and validation, later ones test; rows of one time stay
/// together. Validation is the last --valid-fraction (0.2) of the former by time.
Parts split_chronological(const Dataset&, const SplitOptions&);
/// Rows at or after --test-from are test; of the others those at or after --valid-start, or the last --valid-fraction
/// (0.1) by time, are validation.
Parts split_date(const Dataset&, const SplitOptions&);
/// Each user's last --leave ratings by time are test and as many before them validation; users with fewer than twice
/// that and one more stay in train.
Parts split_leave_last(const Dataset&, const SplitOptions&);
/// --test-fraction of each user's ratings, to the nearest number that leaves one in train, and validation likewise.
Parts split_per_user(const Dataset&, const SplitOptions&);

// The protocols of github.com/dsomni/movie-recommender-system: each user's ratings are masked in 4 rounds by
// the shares 0.2, 0.4, 0.6, 0.8 and 0.9, of which int(share · n) of the user's shuffled n items are hidden.
// One RandomState draws all masks in the order of the loops.

/// Loops user, round, share. The first int(0.9 · users) users are train, the others are test with 20 masks
/// each; with validation, the last --valid-fraction of the training users are held out with their own 20.
Parts split_users_masked(const Dataset&, const SplitOptions&);
/// Loops round, share, user. Train is every rating, as the first 18 masks of all users leave none out; test
/// are the last two masks of every user.
Parts split_ratings_masked(const Dataset&, const SplitOptions&);
/// The same masks without the leak: of the last round's with --mask-share, train is what it shows and test
/// what it hides.
Parts split_ratings_masked_clean(const Dataset&, const SplitOptions&);

}  // namespace movrec
