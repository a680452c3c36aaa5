#include "movrec/model/common/top_items.hpp"

#include <algorithm>
#include <limits>

namespace movrec {
namespace {

/// Good items are gathered until there are so many times as many as wanted, and then sifted.
constexpr std::size_t kRoom = 4;

}  // namespace

std::vector<ScoredItem> best_of(std::span<const float> scores,
                                std::span<const ItemIdx> candidates,
                                std::span<const ItemIdx> seen,
                                std::size_t n) {
  std::vector<ScoredItem> best;
  if (n == 0) return best;
  const std::size_t room = std::min(kRoom * n, candidates.size() + 1);
  best.reserve(room);
  const auto keep_best = [&] {
    if (best.size() <= n) return;
    std::nth_element(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(n) - 1, best.end(), is_better);
    best.resize(n);
  };
  float bar = -std::numeric_limits<float>::infinity();  // n items are at least as good
  for (std::size_t k = 0; k < candidates.size(); ++k) {
    // Items ascend, so among equal scores those before this one stay.
    if (!(scores[k] > bar) || std::ranges::binary_search(seen, candidates[k])) continue;
    best.push_back({candidates[k], scores[k]});
    if (best.size() < room) continue;
    keep_best();
    bar = best[n - 1].score;
  }
  keep_best();
  std::ranges::sort(best, is_better);
  return best;
}

std::vector<std::vector<ScoredItem>> best_of_rows(std::span<const float> scores,
                                                  std::span<const ItemIdx> candidates,
                                                  std::span<const std::span<const ItemIdx>> seen,
                                                  std::size_t n) {
  std::vector<std::vector<ScoredItem>> lists(seen.size());
#pragma omp parallel for schedule(dynamic, 8)
  for (std::size_t u = 0; u < lists.size(); ++u)
    lists[u] = best_of(scores.subspan(u * candidates.size(), candidates.size()), candidates, seen[u], n);
  return lists;
}

}  // namespace movrec
