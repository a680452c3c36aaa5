#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "movrec/core/state_dict.hpp"
#include "movrec/data/ratings.hpp"
#include "movrec/model/model.hpp"
#include "movrec/solve/bias.hpp"

namespace movrec {

/// What the biases say, in place of what a model would make of users and items without training ratings.
class Fallback {
 public:
  Fallback(Biases, const Ratings& train);
  Fallback(const StateDict&, std::int32_t n_users, std::int32_t n_items);
  void save(StateDict&) const;

  const Biases& biases() const { return biases_; }

  /// Replaces the stars of pairs that are not known.
  void replace(std::span<const UserIdx> users, std::span<const ItemIdx> items, std::span<float> stars) const;
  /// The same for all of `items` of each user: scores [users.size(), items.size()].
  void replace(std::span<const UserQuery> users,
               std::span<const ItemIdx> items,
               std::span<float> scores) const;

 private:
  bool knows(UserIdx user) const { return user != kNoUser && known_user_[index(user)] != 0; }
  bool knows(ItemIdx item) const { return item != kNoItem && known_item_[index(item)] != 0; }

  Biases biases_;
  std::vector<std::int32_t> known_user_, known_item_;  ///< 1 for those with training ratings
};

}  // namespace movrec
