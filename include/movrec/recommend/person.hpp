#pragma once

#include <optional>
#include <span>
#include <vector>

#include "movrec/data/catalog.hpp"
#include "movrec/data/dataset.hpp"
#include "movrec/data/ratings.hpp"
#include "movrec/model/common/model.hpp"

namespace movrec {

/// A query that owns what it holds: a user of the training rows, somebody new, or both in one, with ratings
/// and facts of his own.
class Person {
 public:
  explicit Person(UserIdx user = kNoUser) : user_(user) {}
  /// Of the training rows; kNoUser: somebody new.
  UserIdx user() const { return user_; }

  /// From the first rating on the person is known by those given here alone, each item's last one.
  void rate(ItemIdx, float stars);
  /// Takes back what was said of the item.
  void forget(ItemIdx);
  /// Says of the item only that it must not be recommended.
  void leave_out(ItemIdx);

  std::span<const ItemIdx> items() const { return items_; }  ///< rated, ascending
  std::span<const float> stars() const { return stars_; }
  std::span<const ItemIdx> left_out() const { return left_out_; }  ///< besides those rated, ascending
  bool has_history() const { return !items_.empty(); }

  std::optional<Demographics> demographics{};

  /// Valid until the person changes.
  UserQuery query() const;

 private:
  UserIdx user_;
  std::vector<ItemIdx> items_;
  std::vector<float> stars_;
  std::vector<ItemIdx> left_out_;
};

/// Counts the rating as the model can use it: one that does not look at stars is told good ratings only, and
/// bad ones, below the middle of the scale, are left out of the list. Where the data has no stars, whatever was
/// taken, however rarely, is good.
void tell(Person&, const Model&, const Dataset&, ItemIdx, float stars);

/// The users with their ratings in `rows`, of which a later one of the same item counts, and what the data
/// set says of them. kNoUser has neither.
std::vector<Person> with_histories(std::span<const UserIdx> users,
                                   const Ratings& rows,
                                   const UserFeatures& features);

}  // namespace movrec
