#include "movrec/solve/knn/knn.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/multiversion.hpp"
#include "movrec/core/stop.hpp"
#include "solve/common/rating_lists.hpp"

namespace movrec {
namespace {

constexpr std::size_t kBlockRows = 128;  ///< items whose similarities are computed at once
constexpr std::size_t kChunk = 64;       ///< items of which one task looks through a block

/// Σxy, Σx², Σy² and the number of terms, side by side in one register.
using Sums = float __attribute__((vector_size(4 * sizeof(float))));

/// Every rating once by user, items ascending, and where an item's ratings stand there.
struct Table {
  RatingLists users;
  std::vector<std::size_t> item_begin;  ///< [n_items + 1]
  std::vector<RowIdx> at;               ///< positions in `users`, by item
  std::vector<std::int32_t> rated_by;   ///< users, beside `at`
};

Table make_table(const Ratings& train, std::span<const float> residuals) {
  // By item first: dealt out from there, each user's items ascend.
  const auto n_items = static_cast<std::size_t>(train.n_items);
  const RatingLists items = rating_lists(
      train.items, train.users, std::vector<float>(residuals.begin(), residuals.end()), train.n_items);
  Table table{.users = {}, .item_begin = items.begin, .at = {}, .rated_by = items.others};
  RatingLists& users = table.users;
  users.begin.assign(static_cast<std::size_t>(train.n_users) + 1, 0);
  for (const UserIdx user : train.users) ++users.begin[index(user) + 1];
  for (std::size_t u = 1; u < users.begin.size(); ++u) users.begin[u] += users.begin[u - 1];
  users.others.resize(train.size());
  users.stars.resize(train.size());
  table.at.resize(train.size());
  std::vector<std::size_t> next(users.begin.begin(), users.begin.end() - 1);
  for (std::size_t item = 0; item < n_items; ++item)
    for (std::size_t k = items.begin[item]; k < items.begin[item + 1]; ++k) {
      const std::size_t to = next[static_cast<std::size_t>(items.others[k])]++;
      users.others[to] = static_cast<std::int32_t>(item);
      users.stars[to] = items.stars[k];
      table.at[k] = static_cast<RowIdx>(to);
    }
  return table;
}

/// Adds what `item` has in common with the items after it to `sums`, [n_items].
void add_common(const Table& table, std::size_t item, Sums* sums) {
  for (std::size_t k = table.item_begin[item]; k < table.item_begin[item + 1]; ++k) {
    const float x = table.users.stars[table.at[k]];
    const Sums factor{x, x * x, 1, 1};
    const std::size_t end = table.users.begin[static_cast<std::size_t>(table.rated_by[k]) + 1];
    for (std::size_t other = table.at[k] + std::size_t{1}; other < end; ++other) {
      const float y = table.users.stars[other];
      sums[table.users.others[other]] += factor * Sums{y, 1, y * y, 1};
    }
  }
}

struct Neighbour {
  float similarity;
  std::int32_t item;
  bool operator<(const Neighbour& other) const {  // nearer first; no two are equal
    return similarity != other.similarity ? similarity > other.similarity : item < other.item;
  }
};

/// The nearest so far: a heap with the farthest on top.
struct Nearest {
  std::vector<Neighbour> heap;

  void offer(Neighbour neighbour, std::size_t most) {
    if (neighbour.similarity <= 0) return;
    if (heap.size() == most) {
      if (!(neighbour < heap.front())) return;
      std::pop_heap(heap.begin(), heap.end());
      heap.back() = neighbour;
    } else {
      heap.push_back(neighbour);
    }
    std::push_heap(heap.begin(), heap.end());
  }
};

}  // namespace

ItemNeighbours find_neighbours(const Ratings& train,
                               std::span<const float> residuals,
                               const KnnOptions& options) {
  const auto n_items = static_cast<std::size_t>(train.n_items);
  const Table table = make_table(train, residuals);
  const bool common_only = options.similarity == "pearson";
  const auto shrinkage = static_cast<float>(options.shrinkage),
             min_common = static_cast<float>(options.min_common);
  std::vector<float> squares(n_items);
  for (std::size_t row = 0; row < train.size(); ++row)
    squares[index(train.items[row])] += residuals[row] * residuals[row];

  const auto similarity = [&](const Sums& sums, std::size_t i, std::size_t j) {
    const float n = sums[3];
    const float norms = common_only ? sums[1] * sums[2] : squares[i] * squares[j];
    if (n < min_common || !(norms > 0) || !(sums[0] > 0)) return 0.F;
    return sums[0] / std::sqrt(norms) * n / (n + shrinkage);
  };

  // Half of all pairs are computed, a block of rows at a time; then each item looks through the block for
  // neighbours of its own, so that nobody writes to another's.
  std::vector<Nearest> nearest(n_items);
  const auto most = static_cast<std::size_t>(options.candidates);
  std::vector<float> block(std::min(kBlockRows, n_items) * n_items);
  for (std::size_t first = 0; first < n_items; first += kBlockRows) {
    check_stop();
    const std::size_t last = std::min(first + kBlockRows, n_items);
#pragma omp parallel
    {
      std::vector<Sums> sums(n_items);
#pragma omp for schedule(dynamic, 1)
      for (std::size_t i = first; i < last; ++i) {
        std::fill(sums.begin() + static_cast<std::ptrdiff_t>(i), sums.end(), Sums{});
        add_common(table, i, sums.data());
        for (std::size_t j = i + 1; j < n_items; ++j)
          block[(i - first) * n_items + j] = similarity(sums[j], i, j);
      }
#pragma omp for schedule(dynamic, 1)
      for (std::size_t chunk = first / kChunk; chunk < (n_items + kChunk - 1) / kChunk; ++chunk)
        for (std::size_t j = std::max(chunk * kChunk, first); j < std::min((chunk + 1) * kChunk, n_items);
             ++j) {
          for (std::size_t i = first; i < std::min(last, j); ++i)
            nearest[j].offer({block[(i - first) * n_items + j], static_cast<std::int32_t>(i)}, most);
          if (j >= last) continue;
          for (std::size_t other = j + 1; other < n_items; ++other)
            nearest[j].offer({block[(j - first) * n_items + other], static_cast<std::int32_t>(other)}, most);
        }
    }
  }

#pragma omp parallel for schedule(dynamic, 16)
  for (std::size_t i = 0; i < n_items; ++i) std::sort(nearest[i].heap.begin(), nearest[i].heap.end());
  ItemNeighbours out;
  for (const Nearest& item : nearest) {
    for (const Neighbour& neighbour : item.heap) {
      out.items.push_back(neighbour.item);
      out.similarities.push_back(neighbour.similarity);
    }
    out.begin.push_back(std::ssize(out.items));
  }
  return out;
}

MOVREC_MULTIVERSION float neighbours_say(std::span<const std::int32_t> items,
                                         std::span<const float> weights,
                                         const float* residuals,
                                         int neighbours,
                                         float damping) {
  constexpr std::size_t kLanes = 16;
  float said[kLanes] = {}, weight[kLanes] = {};
  int left = neighbours;
  const std::int32_t* ids = items.data();
  const float* w = weights.data();
  std::size_t k = 0;
  for (; k + kLanes <= items.size(); k += kLanes) {  // as long as all that the user rated may speak
    int rated[kLanes], n_rated = 0;
    float masked[kLanes], value[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float residual = residuals[ids[k + lane]];
      rated[lane] = residual < kUnrated;
      value[lane] = rated[lane] != 0 ? residual : 0.F;
      masked[lane] = rated[lane] != 0 ? w[k + lane] : 0.F;
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) n_rated += rated[lane];
    if (n_rated > left) break;
    left -= n_rated;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      said[lane] += masked[lane] * value[lane];
      weight[lane] += masked[lane];
    }
    if (left == 0) break;
  }
  for (; k < items.size() && left > 0; ++k) {
    const float residual = residuals[ids[k]];
    if (!(residual < kUnrated)) continue;
    said[0] += w[k] * residual;
    weight[0] += w[k];
    --left;
  }
  for (std::size_t lane = 1; lane < kLanes; ++lane) {
    said[0] += said[lane];
    weight[0] += weight[lane];
  }
  const float total = weight[0] + damping;
  return total > 0 ? said[0] / total : 0.F;
}

}  // namespace movrec
