#include "movrec/model/common/model.hpp"

#include "movrec/core/error.hpp"

#include <vector>

namespace movrec {

void Model::score(std::span<const UserQuery> users, std::span<float> scores) const {
  check(users);
  do_score(users, scores);
}

void Model::score_items(std::span<const UserQuery> users,
                        std::span<const ItemIdx> items,
                        std::span<float> scores) const {
  check(users);
  do_score_items(users, items, scores);
}

std::vector<std::vector<ScoredItem>> Model::best_items(std::span<const UserQuery> users,
                                                       std::span<const ItemIdx> items,
                                                       std::span<const std::span<const ItemIdx>> seen,
                                                       std::size_t n) const {
  check(users);
  return do_best_items(users, items, seen, n);
}

void Model::check(std::span<const UserQuery> users) const {
  const QuerySupport can = supports();
  for (const UserQuery& query : users) {
    if (query.history && !can.history)
      throw Error(ErrorKind::model, "this model cannot answer from a history", {},
                  "movrec train ‹model› ease");
    if (query.demographics && !can.demographics)
      throw Error(ErrorKind::model, "this model does not look at age, gender and occupation", {},
                  "movrec train ‹model› profile");
  }
}

void Model::do_score_items(std::span<const UserQuery> users,
                           std::span<const ItemIdx> items,
                           std::span<float> scores) const {
  const auto width = static_cast<std::size_t>(n_items());
  std::vector<float> all(users.size() * width);
  do_score(users, all);
  for (std::size_t u = 0; u < users.size(); ++u)
    for (std::size_t k = 0; k < items.size(); ++k)
      scores[u * items.size() + k] = all[u * width + index(items[k])];
}

std::vector<std::vector<ScoredItem>> Model::do_best_items(std::span<const UserQuery> users,
                                                          std::span<const ItemIdx> items,
                                                          std::span<const std::span<const ItemIdx>> seen,
                                                          std::size_t n) const {
  std::vector<float> scores(users.size() * items.size());
  do_score_items(users, items, scores);
  return best_of_rows(scores, items, seen, n);
}

void Model::predict_deviations(std::span<const UserIdx> /*users*/,
                               std::span<const ItemIdx> /*items*/,
                               std::span<const std::int64_t> /*times*/,
                               std::span<float> /*deviations*/) const {
  throw Error(ErrorKind::model, "this model knows no predictive deviations", {}, "movrec train ‹model› bfm");
}

void Model::item_similarities(ItemIdx /*item*/, std::span<float> /*similarities*/) const {
  throw Error(ErrorKind::model, "this model knows no similarities between items", {},
              "movrec train ‹model› ease");
}

std::vector<ItemIdx> Model::all_items() const {
  std::vector<ItemIdx> all;
  all.reserve(static_cast<std::size_t>(n_items()));
  for (std::int32_t item = 0; item < n_items(); ++item) all.push_back(ItemIdx{item});
  return all;
}

}  // namespace movrec
