#include "movrec/solve/topn/item_knn.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/loop_stop.hpp"
#include "solve/common/rating_lists.hpp"

namespace movrec {
namespace {

struct Neighbour {
  float weight;
  std::int32_t item;
};

bool is_closer(const Neighbour& a, const Neighbour& b) {
  return a.weight > b.weight || (a.weight == b.weight && a.item < b.item);
}

/// The most similar items of `item`. `common` [n_items] is all zeros, before and after.
std::vector<Neighbour> neighbours_of(std::int32_t item,
                                     const RatingLists& users,
                                     const RatingLists& items,
                                     std::size_t n,
                                     double damping,
                                     std::vector<std::int32_t>& common) {
  std::vector<Neighbour> found;
  const auto own = static_cast<std::size_t>(item);
  for (const std::int32_t user : items.others_of(own))
    for (const std::int32_t other : users.others_of(static_cast<std::size_t>(user)))
      if (common[static_cast<std::size_t>(other)]++ == 0) found.push_back({0, other});
  for (Neighbour& neighbour : found) {
    const auto other = static_cast<std::size_t>(neighbour.item);
    const double size =
        std::sqrt(static_cast<double>(items.count(own)) * static_cast<double>(items.count(other)));
    neighbour.weight = static_cast<float>(common[other] / (size + damping));
    common[other] = 0;
  }
  std::erase_if(found, [&](const Neighbour& neighbour) { return neighbour.item == item; });
  if (found.size() > n) {
    std::ranges::nth_element(found, found.begin() + static_cast<std::ptrdiff_t>(n), is_closer);
    found.resize(n);
  }
  return found;
}

}  // namespace

ItemWeights fit_item_knn(const Ratings& train, double min_stars, int neighbours, double damping) {
  const RatingLists users = positive_lists(train, min_stars), items = transposed(users, train.n_items);
  const auto n_items = static_cast<std::ptrdiff_t>(items.size());
  std::vector<std::vector<Neighbour>> of_item(items.size());
  LoopStop stop;
#pragma omp parallel
  {
    std::vector<std::int32_t> common(items.size());
#pragma omp for schedule(dynamic, 4)
    for (std::ptrdiff_t item = 0; item < n_items; ++item) {
      if (stop.asked()) continue;
      of_item[static_cast<std::size_t>(item)] =
          neighbours_of(static_cast<std::int32_t>(item), users, items, static_cast<std::size_t>(neighbours),
                        damping, common);
    }
  }
  check_stop();
  // The other way round: by the item that a user has.
  ItemWeights out;
  out.begin.assign(items.size() + 1, 0);
  for (const auto& list : of_item)
    for (const Neighbour& neighbour : list) ++out.begin[static_cast<std::size_t>(neighbour.item) + 1];
  for (std::size_t i = 1; i < out.begin.size(); ++i) out.begin[i] += out.begin[i - 1];
  out.others.resize(out.begin.back());
  out.weights.resize(out.begin.back());
  std::vector<std::size_t> next(out.begin.begin(), out.begin.end() - 1);
  for (std::size_t item = 0; item < of_item.size(); ++item)
    for (const Neighbour& neighbour : of_item[item]) {
      const std::size_t to = next[static_cast<std::size_t>(neighbour.item)]++;
      out.others[to] = static_cast<std::int32_t>(item);
      out.weights[to] = neighbour.weight;
    }
  return out;
}

}  // namespace movrec
