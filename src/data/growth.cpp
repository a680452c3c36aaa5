#include "movrec/data/growth.hpp"

#include <algorithm>
#include <cstdint>

namespace movrec {
namespace {

/// For each index of `later`, that of the same id in `earlier`, or -1.
template <class Map>
std::vector<std::int32_t> places_in(const Map& earlier, const Map& later) {
  std::vector<std::int32_t> places;
  places.reserve(static_cast<std::size_t>(later.size()));
  for (const auto& id : later.ids()) {
    const auto found = earlier.find(id);
    places.push_back(found ? static_cast<std::int32_t>(index(*found)) : -1);
  }
  return places;
}

struct Rating {
  std::uint64_t pair = 0;
  float stars = 0;
  RowIdx row = 0;

  friend bool operator<(const Rating& a, const Rating& b) {
    return a.pair != b.pair ? a.pair < b.pair : a.stars < b.stars;
  }
};

std::uint64_t pair_of(std::size_t user, std::size_t item) {
  return std::uint64_t{user} << 32U | item;
}

}  // namespace

Growth growth_of(const Dataset& earlier, const Dataset& later) {
  const std::vector<std::int32_t> users = places_in(earlier.users, later.users),
                                  items = places_in(earlier.items, later.items);
  Growth growth;
  std::vector<Rating> before, now;
  before.reserve(earlier.ratings.size());
  for (RowIdx row = 0; row < earlier.ratings.size(); ++row)
    before.push_back({pair_of(index(earlier.ratings.users[row]), index(earlier.ratings.items[row])),
                      earlier.ratings.stars[row], row});
  for (RowIdx row = 0; row < later.ratings.size(); ++row) {
    const std::int32_t user = users[index(later.ratings.users[row])],
                       item = items[index(later.ratings.items[row])];
    if (user < 0 || item < 0)
      growth.added.push_back(row);
    else
      now.push_back({pair_of(static_cast<std::size_t>(user), static_cast<std::size_t>(item)),
                     later.ratings.stars[row], row});
  }
  std::sort(before.begin(), before.end());
  std::sort(now.begin(), now.end());
  auto b = before.begin();
  auto n = now.begin();
  while (b != before.end() || n != now.end()) {
    const std::uint64_t pair = b == before.end() ? n->pair
                               : n == now.end()  ? b->pair
                                                 : std::min(b->pair, n->pair);
    std::size_t n_gone = 0, n_new = 0;
    const auto is_of_pair = [&](const auto& at, const auto& end) { return at != end && at->pair == pair; };
    while (is_of_pair(b, before.end()) || is_of_pair(n, now.end())) {
      const bool has_both = is_of_pair(b, before.end()) && is_of_pair(n, now.end());
      if (has_both && b->stars == n->stars) {
        ++b, ++n;
      } else if (is_of_pair(b, before.end()) && (!has_both || b->stars < n->stars)) {
        ++n_gone, ++b;
      } else {
        growth.added.push_back(n->row);
        ++n_new, ++n;
      }
    }
    growth.n_missing += n_gone - std::min(n_gone, n_new);
  }
  std::ranges::sort(growth.added);
  return growth;
}

}  // namespace movrec
