#pragma once

#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

#include "movrec/data/ratings.hpp"

namespace movrec {

/// The rows of each user, in the order in which they are given. Holds four bytes a row.
class RowsByUser {
 public:
  /// Of all rows, ascending.
  explicit RowsByUser(const Ratings& ratings)
      : RowsByUser(ratings, ratings.size(), [](std::size_t row) { return static_cast<RowIdx>(row); }) {}

  RowsByUser(const Ratings& ratings, std::span<const RowIdx> rows)
      : RowsByUser(ratings, rows.size(), [&](std::size_t i) { return rows[i]; }) {}

  std::size_t n_users() const { return begin_.size() - 1; }
  std::span<const RowIdx> of(std::size_t user) const {
    return std::span(rows_).subspan(begin_[user], begin_[user + 1] - begin_[user]);
  }

 private:
  template <class RowAt>
  RowsByUser(const Ratings& ratings, std::size_t n_rows, const RowAt& row_at)
      : begin_(static_cast<std::size_t>(ratings.n_users) + 1) {
    for (std::size_t i = 0; i < n_rows; ++i) ++begin_[index(ratings.users[row_at(i)]) + 1];
    std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
    rows_.resize(begin_.back());
    std::vector<std::size_t> next(begin_.begin(), begin_.end() - 1);
    for (std::size_t i = 0; i < n_rows; ++i) {
      const RowIdx row = row_at(i);
      rows_[next[index(ratings.users[row])]++] = row;
    }
  }

  std::vector<std::size_t> begin_;
  std::vector<RowIdx> rows_;
};

}  // namespace movrec
