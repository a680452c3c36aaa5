#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "movrec/core/ids.hpp"

namespace movrec {

/// The interval that a data set's stars lie in (MovieLens: 1 … 5 or 0.5 … 5). Predictions are clipped into
/// it.
struct StarScale {
  float min = 1, max = 5;
  float clip(float stars) const { return stars < min ? min : stars > max ? max : stars; }
  /// From one value to the next: half stars where the lowest is one, else whole ones.
  float step() const { return min - static_cast<float>(static_cast<int>(min)) == 0.5F ? 0.5F : 1.F; }
};

/// Interactions as parallel columns of dense indices, in the order of the source file; knows no file and no
/// raw id.
struct Ratings {
  std::vector<UserIdx> users;
  std::vector<ItemIdx> items;
  std::vector<float> stars;
  std::vector<std::int64_t> times;  ///< unix seconds; empty if the source has none
  std::int32_t n_users = 0, n_items = 0;

  std::size_t size() const { return stars.size(); }
  /// Those rows, in that order, with the same n_users and n_items.
  Ratings subset(std::span<const RowIdx> rows) const;
  /// Adds the rows of `more`, which has the same users, items and columns.
  void append(const Ratings& more);
};

/// How many rows each user (item) has: `counts[index(u)]`.
std::vector<std::int32_t> ratings_per_user(const Ratings&);
std::vector<std::int32_t> ratings_per_item(const Ratings&);

/// Each user's items as a compressed sparse table, ascending within a user: what `recommend` leaves out.
class SeenItems {
 public:
  SeenItems() = default;
  explicit SeenItems(const Ratings& ratings) : SeenItems({&ratings}) {}
  /// Of all the tables, which have the same users and items.
  explicit SeenItems(std::initializer_list<const Ratings*> tables);
  std::span<const ItemIdx> of(UserIdx user) const {
    return {items_.data() + begin_[index(user)], begin_[index(user) + 1] - begin_[index(user)]};
  }

 private:
  std::vector<std::size_t> begin_{0};
  std::vector<ItemIdx> items_;
};

}  // namespace movrec
