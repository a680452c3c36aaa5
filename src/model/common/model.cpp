#include "movrec/model/common/model.hpp"

#include <vector>

namespace movrec {

void Model::score_items(std::span<const UserQuery> users,
                        std::span<const ItemIdx> items,
                        std::int32_t n_items,
                        std::span<float> scores) const {
  const auto width = static_cast<std::size_t>(n_items);
  std::vector<float> all(users.size() * width);
  score(users, all);
  for (std::size_t u = 0; u < users.size(); ++u)
    for (std::size_t k = 0; k < items.size(); ++k)
      scores[u * items.size() + k] = all[u * width + index(items[k])];
}

std::vector<std::vector<ScoredItem>> Model::best_items(std::span<const UserQuery> users,
                                                       std::span<const ItemIdx> items,
                                                       std::int32_t n_items,
                                                       std::span<const std::span<const ItemIdx>> seen,
                                                       std::size_t n) const {
  std::vector<float> scores(users.size() * items.size());
  score_items(users, items, n_items, scores);
  return best_of_rows(scores, items, seen, n);
}

}  // namespace movrec
