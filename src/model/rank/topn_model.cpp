#include "model/rank/topn_model.hpp"

#include <algorithm>

namespace movrec {

Everybody::Everybody(const ModelSpec& spec, const Ratings& train)
    : positive_from(spec.options.get<PositiveOptions>().positive_from),
      biases(fit_biases(train, spec.options.get<BiasOptions>())),
      popularity(static_cast<std::size_t>(spec.n_items)) {
  const RatingLists positives = positive_lists(train, positive_from);
  for (const std::int32_t item : positives.others) popularity[static_cast<std::size_t>(item)] += 1;
  for (float& share : popularity) share /= static_cast<float>(std::max(spec.n_users, 1));
}

Everybody::Everybody(const ModelSpec& spec, const StateDict& state)
    : positive_from(spec.options.get<PositiveOptions>().positive_from),
      biases(load_biases(state, spec.n_users, spec.n_items, "bias.")),
      popularity(state.list<float>("popularity", biases.item.size())) {}

void Everybody::save(StateDict& state) const {
  biases.save(state, "bias.");
  state.set("popularity", popularity);
}

std::vector<std::int32_t> TopNModel::known_items() const {
  std::vector<std::int32_t> known;
  for (const float share : everybody_.popularity) known.push_back(share > 0 ? 1 : 0);
  return known;
}

void TopNModel::predict(std::span<const UserIdx> users,
                        std::span<const ItemIdx> items,
                        std::span<float> stars) const {
  for (std::size_t k = 0; k < stars.size(); ++k) stars[k] = everybody_.biases.predict(users[k], items[k]);
}

void TopNModel::do_score(std::span<const UserQuery> users, std::span<float> scores) const {
  score_items(users, all_items(), scores);
}

void TopNModel::do_score_items(std::span<const UserQuery> users,
                               std::span<const ItemIdx> items,
                               std::span<float> scores) const {
  std::vector<Taste> tastes;
  for (std::size_t u = 0; u < users.size(); ++u) {
    const UserQuery& query = users[u];
    Taste taste{.user = query.history ? kNoUser : query.user,
                .who = query.user,
                .items = {},
                .stars = {},
                .demographics = query.demographics,
                .scores = &scores[u * items.size()]};
    if (query.history)
      for (std::size_t k = 0; k < query.history->items.size(); ++k)
        if (static_cast<double>(query.history->stars[k]) >= everybody_.positive_from &&
            everybody_.popularity[index(query.history->items[k])] > 0) {
          taste.items.push_back(number(query.history->items[k]));
          taste.stars.push_back(query.history->stars[k]);
        }
    const bool has_items = taste.user == kNoUser ? !taste.items.empty() : knows(taste.user);
    if (has_items || (taste.demographics && knows_demographics())) {
      tastes.push_back(std::move(taste));
    } else {
      for (std::size_t k = 0; k < items.size(); ++k) taste.scores[k] = everybody_.popularity[index(items[k])];
    }
  }
  if (!items.empty()) score_tastes(tastes, items);
}

}  // namespace movrec
