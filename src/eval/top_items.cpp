#include "movrec/eval/top_items.hpp"

#include <algorithm>

namespace movrec {
namespace {

bool is_better(const ScoredItem& a, const ScoredItem& b) {
  return a.score > b.score || (a.score == b.score && a.item < b.item);
}

}  // namespace

std::vector<ScoredItem> best_of(std::span<const float> scores,
                                std::span<const ItemIdx> candidates,
                                std::span<const ItemIdx> seen,
                                std::size_t n) {
  std::vector<ScoredItem> best;  // a heap with the worst of the best in front
  best.reserve(std::min(n, candidates.size()));
  if (n == 0) return best;
  auto next_seen = seen.begin();
  for (std::size_t k = 0; k < candidates.size(); ++k) {
    const ItemIdx item = candidates[k];
    while (next_seen != seen.end() && *next_seen < item) ++next_seen;
    if (next_seen != seen.end() && *next_seen == item) continue;
    const ScoredItem candidate{item, scores[k]};
    if (best.size() == n) {
      if (!is_better(candidate, best.front())) continue;
      std::pop_heap(best.begin(), best.end(), is_better);
      best.pop_back();
    }
    best.push_back(candidate);
    std::push_heap(best.begin(), best.end(), is_better);
  }
  std::sort_heap(best.begin(), best.end(), is_better);
  return best;
}

}  // namespace movrec
