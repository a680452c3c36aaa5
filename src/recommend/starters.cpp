#include "movrec/recommend/starters.hpp"

#include <algorithm>

namespace movrec {

std::vector<ItemIdx> popular_and_diverse(const Catalog& catalog,
                                         std::span<const std::int32_t> n_ratings,
                                         std::span<const ItemIdx> candidates,
                                         std::size_t n) {
  std::vector<ItemIdx> rest(candidates.begin(), candidates.end()), chosen;
  std::ranges::stable_sort(rest, std::ranges::greater(),
                           [&](ItemIdx item) { return n_ratings[index(item)]; });
  std::uint32_t covered = 0;
  while (chosen.size() < n && !rest.empty()) {
    auto next = std::ranges::find_if(
        rest, [&](ItemIdx item) { return (catalog.genre_bits[index(item)] & ~covered) != 0; });
    if (next == rest.end()) {
      if (covered != 0) {
        covered = 0;
        continue;
      }
      next = rest.begin();
    }
    covered |= catalog.genre_bits[index(*next)];
    chosen.push_back(*next);
    const ItemIdx taken = *next;
    std::erase_if(rest, [&](ItemIdx item) {
      return item == taken ||
             (catalog.title(item) == catalog.title(taken) && catalog.year(item) == catalog.year(taken));
    });
  }
  return chosen;
}

}  // namespace movrec
