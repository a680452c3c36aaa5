#include "movrec/recommend/lines.hpp"

namespace movrec {
namespace {

/// What the user gave above or below the expectation of somebody unknown, damped as a bias is.
float bias_of(const Model& model, double user_damping, const Person& person) {
  const std::span<const ItemIdx> items = person.items();
  std::vector<float> expected(items.size());
  model.predict(std::vector<UserIdx>(items.size(), kNoUser), items, expected);
  double sum = 0;
  for (std::size_t k = 0; k < items.size(); ++k)
    sum += static_cast<double>(person.stars()[k]) - static_cast<double>(expected[k]);
  return static_cast<float>(sum / (static_cast<double>(items.size()) + user_damping));
}

}  // namespace

std::vector<Line> make_lines(const Model& model,
                             const Dataset& dataset,
                             double user_damping,
                             const Person& person,
                             std::span<const ScoredItem> list,
                             const Person* explained) {
  const bool is_as_trained = !person.has_history() && !person.demographics;
  std::vector<float> stars;
  std::vector<ItemIdx> items;
  for (const ScoredItem& one : list) stars.push_back(one.score), items.push_back(one.item);
  if (!model.scores_are_stars()) {
    const UserIdx user = person.has_history() ? kNoUser : person.user();
    model.predict(std::vector<UserIdx>(list.size(), user), items, stars);
    if (person.has_history())
      for (const float bias = bias_of(model, user_damping, person); float& one : stars) one += bias;
  }
  std::vector<float> deviations(list.size());
  const bool knows_deviations = model.knows_deviations() && is_as_trained;
  if (knows_deviations)
    model.predict_deviations(std::vector<UserIdx>(list.size(), person.user()), items, {}, deviations);
  std::vector<std::vector<Reason>> reasons(list.size());
  if (explained != nullptr) reasons = explain(model, explained->query(), items, kReasons);
  std::vector<Line> lines;
  for (std::size_t k = 0; k < list.size(); ++k) {
    lines.push_back({.rank = static_cast<int>(k + 1),
                     .item = list[k].item,
                     .score = list[k].score,
                     .stars = dataset.stars.clip(stars[k]),
                     .reasons = std::move(reasons[k])});
    if (knows_deviations) lines.back().deviation = deviations[k];
  }
  return lines;
}

}  // namespace movrec
