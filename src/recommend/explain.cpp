#include "movrec/recommend/explain.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace movrec {
namespace {

constexpr std::size_t kBlockQueries = 256;

/// A history without one of its ratings.
struct Shortened {
  Shortened(const History& history, std::size_t without)
      : items(history.items.begin(), history.items.end()), stars(history.stars.begin(), history.stars.end()) {
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(without));
    stars.erase(stars.begin() + static_cast<std::ptrdiff_t>(without));
  }
  std::vector<ItemIdx> items;
  std::vector<float> stars;
};

/// Which ratings are left out: all, or about as many as `most_tried`, of each item those most like it.
std::vector<std::size_t> ratings_to_try(const Model& model,
                                        const History& history,
                                        std::span<const ItemIdx> items,
                                        std::size_t most_tried) {
  std::vector<std::size_t> all(history.items.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (all.size() <= most_tried || !model.knows_similarities()) return all;
  const std::size_t of_each = std::min(most_tried / items.size() + 1, all.size());
  std::vector<float> similarities(static_cast<std::size_t>(model.n_items()));
  std::vector<std::size_t> tried, by_likeness = all;
  for (const ItemIdx item : items) {
    model.item_similarities(item, similarities);
    std::ranges::stable_sort(by_likeness, std::greater<>(),
                             [&](std::size_t k) { return similarities[index(history.items[k])]; });
    tried.insert(tried.end(), by_likeness.begin(),
                 by_likeness.begin() + static_cast<std::ptrdiff_t>(of_each));
  }
  std::ranges::sort(tried);
  tried.erase(std::unique(tried.begin(), tried.end()), tried.end());
  return tried;
}

}  // namespace

std::vector<std::vector<Reason>> explain(const Model& model,
                                         const UserQuery& query,
                                         std::span<const ItemIdx> items,
                                         std::size_t most,
                                         std::size_t most_tried) {
  std::vector<std::vector<Reason>> reasons(items.size());
  if (!query.history || items.empty()) return reasons;
  const History& history = *query.history;
  const std::size_t n = items.size();
  std::vector<std::size_t> order(n);  // of the items, ascending, as models want them
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t k) { return items[k]; });
  std::vector<ItemIdx> ascending;
  for (const std::size_t k : order) ascending.push_back(items[k]);

  std::vector<float> whole(n);
  model.score_items(std::span(&query, 1), ascending, whole);
  // Without its only rating a ranker answers with everybody's measure, which its own scores do not compare
  // with.
  if (history.items.size() == 1 && !model.scores_are_stars()) {
    for (std::size_t k = 0; k < n; ++k)
      if (whole[k] > 0) reasons[order[k]].push_back({history.items[0], whole[k]});
    return reasons;
  }
  const std::vector<std::size_t> tried = ratings_to_try(model, history, ascending, most_tried);
  for (std::size_t begin = 0; begin < tried.size(); begin += kBlockQueries) {
    const std::size_t n_queries = std::min(kBlockQueries, tried.size() - begin);
    std::vector<Shortened> shortened;
    std::vector<UserQuery> queries;
    for (std::size_t q = 0; q < n_queries; ++q) shortened.emplace_back(history, tried[begin + q]);
    for (const Shortened& one : shortened) {
      queries.push_back(query);
      queries.back().history = History{one.items, one.stars};
    }
    std::vector<float> scores(n_queries * n);
    model.score_items(queries, ascending, scores);
    for (std::size_t q = 0; q < n_queries; ++q)
      for (std::size_t k = 0; k < n; ++k)
        if (const float gain = whole[k] - scores[q * n + k]; gain > 0)
          reasons[order[k]].push_back({history.items[tried[begin + q]], gain});
  }
  for (std::vector<Reason>& of_item : reasons) {
    std::ranges::stable_sort(of_item, [](const Reason& a, const Reason& b) { return a.gain > b.gain; });
    if (of_item.size() > most) of_item.resize(most);
  }
  return reasons;
}

}  // namespace movrec
