#include <algorithm>
#include <array>
#include <numeric>

#include "data/split_strategies.hpp"
#include "movrec/core/error.hpp"

namespace movrec {
namespace {

constexpr std::array kShares{0.2, 0.4, 0.6, 0.8, 0.9};
constexpr int kRounds = 4;

/// Rows by user, ascending by item within one.
std::vector<Rows> rows_by_user(const Ratings& ratings) {
  std::vector<Rows> rows(static_cast<std::size_t>(ratings.n_users));
  for (RowIdx row = 0; row < ratings.size(); ++row) rows[index(ratings.users[row])].push_back(row);
  for (Rows& of_user : rows)
    std::ranges::stable_sort(of_user, {}, [&](RowIdx row) { return ratings.items[row]; });
  return rows;
}

/// Positions 0 … n-1, moved by `first`, of which the shuffle's first `n_hidden` are hidden.
SplitQuery mask(UserIdx user, std::size_t n, std::size_t n_hidden, std::uint32_t first, NumpyRandom& random) {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), first);
  random.shuffle(order);
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(n_hidden);
  SplitQuery query{.user = user, .visible = {middle, order.end()}, .hidden = {order.begin(), middle}};
  std::ranges::sort(query.visible);
  std::ranges::sort(query.hidden);
  return query;
}

SplitQuery mask(UserIdx user, std::size_t n, double hidden, std::uint32_t first, NumpyRandom& random) {
  return mask(user, n, static_cast<std::size_t>(hidden * static_cast<double>(n)), first, random);
}

void append(Rows& rows, const Rows& more) {
  rows.insert(rows.end(), more.begin(), more.end());
}

/// The last round's masks with the last two shares, of all users: positions in rows grouped by user.
std::array<std::vector<SplitQuery>, 2> last_masks(const std::vector<Rows>& rows,
                                                  const SplitOptions& options) {
  std::array<std::vector<SplitQuery>, 2> out;
  NumpyRandom random(numpy_seed(options));
  for (int round = 0; round < kRounds; ++round)
    for (std::size_t share = 0; share < kShares.size(); ++share) {
      const bool is_kept = round + 1 == kRounds && share + 2 >= kShares.size();
      std::uint32_t first = 0;
      for (std::size_t user = 0; user < rows.size(); ++user) {
        SplitQuery query =
            mask(UserIdx{static_cast<std::int32_t>(user)}, rows[user].size(), kShares[share], first, random);
        first += static_cast<std::uint32_t>(rows[user].size());
        if (is_kept) out[share + 2 - kShares.size()].push_back(std::move(query));
      }
    }
  return out;
}

/// Rows of train, some of which become validation unless there is to be none.
Parts with_random_validation(const SplitOptions& options, Rows train, Rows test) {
  if (options.valid_from == "test")
    fail(ErrorKind::usage, "‹split› {}: ‹valid-from› test does not apply", options.split);
  return with_validation(options, std::move(train), std::move(test), [&](const Rows& rows, double fraction) {
    return random_cut(rows, share(fraction, rows.size()), numpy_seed(options));
  });
}

}  // namespace

std::vector<SplitQuery> hide_some(const Ratings& ratings, const Rows& rows, const SplitOptions& options) {
  std::vector<std::vector<std::uint32_t>> positions(static_cast<std::size_t>(ratings.n_users));
  for (std::uint32_t at = 0; at < rows.size(); ++at) positions[index(ratings.users[rows[at]])].push_back(at);
  NumpyRandom random(numpy_seed(options));
  std::vector<SplitQuery> queries;
  for (std::size_t user = 0; user < positions.size(); ++user) {
    const std::size_t n = positions[user].size();
    if (n == 0) continue;
    const auto n_visible = static_cast<std::size_t>(options.visible_fraction * static_cast<double>(n));
    SplitQuery query = mask(UserIdx{static_cast<std::int32_t>(user)}, n, n - n_visible, 0, random);
    for (auto* places : {&query.visible, &query.hidden})
      for (std::uint32_t& place : *places) place = positions[user][place];
    queries.push_back(std::move(query));
  }
  return queries;
}

Parts split_users_masked(const Dataset& dataset, const SplitOptions& options) {
  if (options.valid_from == "test")
    fail(ErrorKind::usage, "‹split› {}: ‹valid-from› test does not apply", options.split);
  const std::vector<Rows> rows = rows_by_user(dataset.ratings);
  const auto n_known = static_cast<std::size_t>(0.9 * static_cast<double>(rows.size()));
  const std::size_t n_valid = options.valid_from == "none" ? 0 : share(valid_fraction(options, 0.1), n_known);
  NumpyRandom random(numpy_seed(options));
  Parts parts;
  for (std::size_t user = 0; user < rows.size(); ++user) {
    const bool is_test = user >= n_known, is_valid = !is_test && user >= n_known - n_valid;
    Rows& part = is_test ? parts.test : is_valid ? parts.valid : parts.train;
    std::vector<SplitQuery>* const queries = is_test    ? &parts.test_queries
                                             : is_valid ? &parts.valid_queries
                                                        : nullptr;
    for (int round = 0; round < kRounds; ++round)
      for (const double hidden : kShares) {
        SplitQuery query = mask(UserIdx{static_cast<std::int32_t>(user)}, rows[user].size(), hidden,
                                static_cast<std::uint32_t>(part.size()), random);
        if (queries != nullptr) queries->push_back(std::move(query));
      }
    append(part, rows[user]);
  }
  return parts;
}

Parts split_ratings_masked(const Dataset& dataset, const SplitOptions& options) {
  const std::vector<Rows> rows = rows_by_user(dataset.ratings);
  Rows all;
  for (const Rows& of_user : rows) append(all, of_user);
  Parts parts = with_random_validation(options, all, all);
  for (std::vector<SplitQuery>& masks : last_masks(rows, options))
    parts.test_queries.insert(parts.test_queries.end(), std::make_move_iterator(masks.begin()),
                              std::make_move_iterator(masks.end()));
  return parts;
}

Parts split_ratings_masked_clean(const Dataset& dataset, const SplitOptions& options) {
  const std::vector<Rows> rows = rows_by_user(dataset.ratings);
  const auto masks = last_masks(rows, options);
  Rows all, visible, hidden;
  for (const Rows& of_user : rows) append(all, of_user);
  for (const SplitQuery& query : masks[options.mask_share == "0.8" ? 0 : 1]) {
    for (const std::uint32_t at : query.visible) visible.push_back(all[at]);
    for (const std::uint32_t at : query.hidden) hidden.push_back(all[at]);
  }
  return with_random_validation(options, std::move(visible), std::move(hidden));
}

}  // namespace movrec
