#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "movrec/core/state_dict.hpp"
#include "movrec/data/ratings.hpp"
#include "movrec/model/common/fit_context.hpp"
#include "movrec/model/common/model.hpp"
#include "movrec/solve/common/bias.hpp"

namespace movrec {

/// Of a history, the items that the training rows know.
struct KnownHistory {
  std::vector<ItemIdx> items{};
  std::vector<float> stars{};

  bool empty() const { return items.empty(); }
  History view() const { return {items, stars}; }
};

/// What the biases say, in place of what a model would make of users and items without training ratings. A
/// user who shows a history is known if the history holds a known item, and what he has in the training rows
/// does not count.
class Fallback {
 public:
  Fallback(const ModelSpec&, Biases, const Ratings& train);
  Fallback(const ModelSpec&, const StateDict&);
  void save(StateDict&) const;

  const Biases& biases() const { return biases_; }
  /// 1 for those with training ratings.
  std::span<const std::int32_t> known_users() const { return known_user_; }
  std::span<const std::int32_t> known_items() const { return known_item_; }
  KnownHistory known(const History&) const;

  /// Replaces the stars of pairs that are not known.
  void replace(std::span<const UserIdx> users, std::span<const ItemIdx> items, std::span<float> stars) const;
  /// The same for all of `items` of each user: scores [users.size(), items.size()].
  void replace(std::span<const UserQuery> users,
               std::span<const ItemIdx> items,
               std::span<float> scores) const;

 private:
  bool knows(UserIdx user) const { return user != kNoUser && known_user_[index(user)] != 0; }
  bool knows(ItemIdx item) const { return item != kNoItem && known_item_[index(item)] != 0; }
  bool knows(const UserQuery&) const;

  Biases biases_;
  double user_damping_;
  std::vector<std::int32_t> known_user_, known_item_;
};

}  // namespace movrec
