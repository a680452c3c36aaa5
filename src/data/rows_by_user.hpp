#pragma once

#include <cstddef>
#include <numeric>
#include <ranges>
#include <span>
#include <vector>

#include "movrec/data/ratings.hpp"

namespace movrec {

/// The rows of each user, in the order in which they are given. Holds four bytes a row.
class RowsByUser {
 public:
  /// Of all rows, ascending.
  explicit RowsByUser(const Ratings& ratings)
      : RowsByUser(ratings, std::views::iota(RowIdx{0}, static_cast<RowIdx>(ratings.size()))) {}

  template <std::ranges::forward_range Rows>
  RowsByUser(const Ratings& ratings, const Rows& rows)
      : begin_(static_cast<std::size_t>(ratings.n_users) + 1) {
    for (const RowIdx row : rows) ++begin_[index(ratings.users[row]) + 1];
    std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
    rows_.resize(begin_.back());
    std::vector<std::size_t> next(begin_.begin(), begin_.end() - 1);
    for (const RowIdx row : rows) rows_[next[index(ratings.users[row])]++] = row;
  }

  std::size_t n_users() const { return begin_.size() - 1; }
  std::span<const RowIdx> of(std::size_t user) const {
    return std::span(rows_).subspan(begin_[user], begin_[user + 1] - begin_[user]);
  }

 private:
  std::vector<std::size_t> begin_;
  std::vector<RowIdx> rows_;
};

}  // namespace movrec
