#include "model/common/fallback.hpp"

#include <algorithm>

namespace movrec {
namespace {

std::vector<std::int32_t> flags(std::vector<std::int32_t> counts) {
  for (std::int32_t& n : counts) n = n > 0 ? 1 : 0;
  return counts;
}

}  // namespace

Fallback::Fallback(const ModelSpec& spec, Biases biases, const Ratings& train)
    : biases_(std::move(biases)),
      user_damping_(spec.options.as<BiasOptions>().user_damping),
      known_user_(flags(ratings_per_user(train))),
      known_item_(flags(ratings_per_item(train))) {}

Fallback::Fallback(const ModelSpec& spec, const StateDict& state)
    : biases_(load_biases(state, spec.n_users, spec.n_items, "fallback.")),
      user_damping_(spec.options.as<BiasOptions>().user_damping),
      known_user_(state.list<std::int32_t>("known.user", biases_.user.size())),
      known_item_(state.list<std::int32_t>("known.item", biases_.item.size())) {}

void Fallback::save(StateDict& state) const {
  biases_.save(state, "fallback.");
  state.set("known.user", known_user_);
  state.set("known.item", known_item_);
}

KnownHistory Fallback::known(const History& history) const {
  KnownHistory known;
  for (std::size_t k = 0; k < history.items.size(); ++k) {
    if (!knows(history.items[k])) continue;
    known.items.push_back(history.items[k]);
    known.stars.push_back(history.stars[k]);
  }
  return known;
}

bool Fallback::knows(const UserQuery& query) const {
  if (!query.history) return knows(query.user);
  return std::ranges::any_of(query.history->items, [&](ItemIdx item) { return knows(item); });
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
    const UserQuery& query = users[u];
    const auto row = scores.subspan(u * items.size(), items.size());
    const float shift = query.history ? biases_.user_bias_of(*query.history, user_damping_) : 0.F;
    const UserIdx user = query.history ? kNoUser : query.user;
    const auto replace_one = [&](std::size_t k) { row[k] = biases_.predict(user, items[k]) + shift; };
    if (knows(query)) {
      std::ranges::for_each(cold, replace_one);
    } else {
      for (std::size_t k = 0; k < items.size(); ++k) replace_one(k);
    }
  }
}

}  // namespace movrec
