#include "model/fallback.hpp"

#include <algorithm>

namespace movrec {
namespace {

std::vector<std::int32_t> known(std::vector<std::int32_t> counts) {
  for (std::int32_t& n : counts) n = n > 0 ? 1 : 0;
  return counts;
}

template <class T>
std::vector<T> copy_of(std::span<const T> values) {
  return {values.begin(), values.end()};
}

template <class T>
StateArray array_of(const std::vector<T>& values) {
  return StateArray::of(std::span<const T>(values), {std::ssize(values)});
}

}  // namespace

Fallback::Fallback(Biases biases, const Ratings& train)
    : biases_(std::move(biases)),
      known_user_(known(ratings_per_user(train))),
      known_item_(known(ratings_per_item(train))) {}

Fallback::Fallback(const StateDict& state, std::int32_t n_users, std::int32_t n_items) {
  const auto users = static_cast<std::size_t>(n_users), items = static_cast<std::size_t>(n_items);
  biases_ = {.mean = state.values<double>("fallback.mean", 1)[0],
             .user = copy_of(state.values<float>("fallback.user", users)),
             .item = copy_of(state.values<float>("fallback.item", items))};
  known_user_ = copy_of(state.values<std::int32_t>("known.user", users));
  known_item_ = copy_of(state.values<std::int32_t>("known.item", items));
}

void Fallback::save(StateDict& state) const {
  state.set("fallback.mean", StateArray::of(std::span<const double>(&biases_.mean, 1), {1}));
  state.set("fallback.user", array_of(biases_.user));
  state.set("fallback.item", array_of(biases_.item));
  state.set("known.user", array_of(known_user_));
  state.set("known.item", array_of(known_item_));
}

void Fallback::replace(std::span<const UserIdx> users,
                       std::span<const ItemIdx> items,
                       std::span<float> stars) const {
  for (std::size_t k = 0; k < users.size(); ++k)
    if (!knows(users[k]) || !knows(items[k])) stars[k] = biases_.predict(users[k], items[k]);
}

void Fallback::replace(std::span<const UserQuery> users,
                       std::span<const ItemIdx> items,
                       std::span<float> scores) const {
  std::vector<std::size_t> cold;
  for (std::size_t k = 0; k < items.size(); ++k)
    if (!knows(items[k])) cold.push_back(k);
  for (std::size_t u = 0; u < users.size(); ++u) {
    const auto row = scores.subspan(u * items.size(), items.size());
    if (knows(users[u].user)) {
      for (const std::size_t k : cold) row[k] = biases_.predict(users[u].user, items[k]);
    } else {
      for (std::size_t k = 0; k < items.size(); ++k) row[k] = biases_.predict(users[u].user, items[k]);
    }
  }
}

}  // namespace movrec
