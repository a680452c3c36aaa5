#include "movrec/solve/knn/slope_one.hpp"

#include <limits>

#include "movrec/core/loop_stop.hpp"
#include "movrec/kernels/parallel.hpp"
#include "solve/common/pair_memory.hpp"
#include "solve/common/rating_lists.hpp"

namespace movrec {

ItemDeviations find_deviations(const Ratings& train, int min_common) {
  const auto n = static_cast<std::size_t>(train.n_items);
  check_pair_memory("deviations", n, 2 * sizeof(float),
                    "‹model› knn, which keeps the most similar items of each alone");
  const RatingLists users = positive_lists(train, std::numeric_limits<double>::lowest()),
                    items = transposed(users, train.n_items);
  ItemDeviations out{.n_items = n, .sums = std::vector<float>(n * n), .counts = std::vector<float>(n * n)};
  LoopStop stop;
  for_each_task(static_cast<std::int64_t>(n), [&](std::int64_t task) {
    if (stop.asked()) return;
    const auto item = static_cast<std::size_t>(task);
    float *sums = &out.sums[item * n], *counts = &out.counts[item * n];
    for (std::size_t k = items.begin[item]; k < items.begin[item + 1]; ++k) {
      const auto user = static_cast<std::size_t>(items.others[k]);
      for (std::size_t at = users.begin[user]; at < users.begin[user + 1]; ++at) {
        sums[users.others[at]] += users.stars[at] - items.stars[k];
        counts[users.others[at]] += 1;
      }
    }
    sums[item] = counts[item] = 0;
    for (std::size_t other = 0; other < n; ++other)
      if (counts[other] < static_cast<float>(min_common)) sums[other] = counts[other] = 0;
  });
  check_stop();
  return out;
}

}  // namespace movrec
