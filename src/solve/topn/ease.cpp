#include "movrec/solve/topn/ease.hpp"

#include <algorithm>

#include "kernels/inverse.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/loop_stop.hpp"
#include "movrec/kernels/parallel.hpp"
#include "solve/common/pair_memory.hpp"
#include "solve/common/rating_lists.hpp"

namespace movrec {
namespace {

/// The lower triangle of XᵀX, an item's row a task.
void fill_gram(const RatingLists& users, const RatingLists& items, const EaseShape& shape, float* gram) {
  std::vector<float> values(users.stars.size());
  std::ranges::transform(users.stars, values.begin(), [&](float stars) { return shape.value(stars); });
  const std::size_t n = items.size();
  LoopStop stop;
  for_each_task(static_cast<std::int64_t>(n), [&](std::int64_t task) {
    if (stop.asked()) return;
    const auto i = static_cast<std::size_t>(task);
    float* row = gram + i * n;
    for (std::size_t k = items.begin[i]; k < items.begin[i + 1]; ++k) {
      const float value = shape.value(items.stars[k]);
      const auto user = static_cast<std::size_t>(items.others[k]);
      for (std::size_t at = users.begin[user]; at < users.begin[user + 1]; ++at) {
        const auto j = static_cast<std::size_t>(users.others[at]);
        if (j > i) break;
        row[j] += value * values[at];
      }
    }
  });
  check_stop();
}

}  // namespace

std::vector<float> fit_ease(const Ratings& train, double min_stars, const EaseShape& shape) {
  const auto n = static_cast<std::size_t>(train.n_items);
  check_pair_memory("weights", n, sizeof(float),
                    "‹model› ials, which takes memory by item, not by pair of items");
  const RatingLists users = positive_lists(train, min_stars), items = transposed(users, train.n_items);
  std::vector<float> weights(n * n);
  fill_gram(users, items, shape, weights.data());
  const double dropout = shape.item_dropout / (1 - shape.item_dropout);
  for (std::size_t i = 0; i < n; ++i) {
    float& squares = weights[i * n + i];
    // An item that nobody has is tied to none, whatever its penalty.
    squares +=
        static_cast<float>(items.count(i) == 0 ? 1 : shape.l2 + dropout * static_cast<double>(squares));
  }
  if (!invert(weights.data(), n))
    throw Error(ErrorKind::failure, "the equations of ease have no solution",
                fmt::format("‹l2› {} is too little for float arithmetic", shape.l2), "‹l2› 100");
  std::vector<float> scale(n);
  for (std::size_t j = 0; j < n; ++j) scale[j] = -1 / weights[j * n + j];
  for_each_task(static_cast<std::int64_t>(n), [&](std::int64_t task) {
    const auto i = static_cast<std::size_t>(task);
    for (std::size_t j = 0; j < n; ++j) weights[i * n + j] *= scale[j];
    weights[i * n + i] = 0;
  });
  return weights;
}

}  // namespace movrec
