#include "movrec/recommend/explain.hpp"

#include <algorithm>
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

}  // namespace

std::vector<std::vector<Reason>> explain(const Model& model,
                                         const UserQuery& query,
                                         std::span<const ItemIdx> items,
                                         std::int32_t n_items,
                                         std::size_t most) {
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
  model.score_items(std::span(&query, 1), ascending, n_items, whole);
  // Without its only rating a ranker answers with everybody's measure, which its own scores do not compare
  // with.
  if (history.items.size() == 1 && !model.scores_are_stars()) {
    for (std::size_t k = 0; k < n; ++k)
      if (whole[k] > 0) reasons[order[k]].push_back({history.items[0], whole[k]});
    return reasons;
  }
  for (std::size_t begin = 0; begin < history.items.size(); begin += kBlockQueries) {
    const std::size_t n_queries = std::min(kBlockQueries, history.items.size() - begin);
    std::vector<Shortened> shortened;
    std::vector<UserQuery> queries;
    for (std::size_t q = 0; q < n_queries; ++q) shortened.emplace_back(history, begin + q);
    for (const Shortened& one : shortened) {
      queries.push_back(query);
      queries.back().history = History{one.items, one.stars};
    }
    std::vector<float> scores(n_queries * n);
    model.score_items(queries, ascending, n_items, scores);
    for (std::size_t q = 0; q < n_queries; ++q)
      for (std::size_t k = 0; k < n; ++k)
        if (const float gain = whole[k] - scores[q * n + k]; gain > 0)
          reasons[order[k]].push_back({history.items[begin + q], gain});
  }
  for (std::vector<Reason>& of_item : reasons) {
    std::ranges::stable_sort(of_item, [](const Reason& a, const Reason& b) { return a.gain > b.gain; });
    if (of_item.size() > most) of_item.resize(most);
  }
  return reasons;
}

}  // namespace movrec
