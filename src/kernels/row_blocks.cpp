#include "kernels/row_blocks.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/multiversion.hpp"

namespace movrec {
namespace {

/// Eight floats in one register where the CPU has such; unaligned.
using Lane = float __attribute__((vector_size(kLane * sizeof(float)), aligned(sizeof(float)), may_alias));

inline const Lane& lane(const float* at) {
  return *reinterpret_cast<const Lane*>(at);
}
inline Lane& lane(float* at) {
  return *reinterpret_cast<Lane*>(at);
}

/// The sum of the eight numbers.
inline float total(Lane v) {
  using Order = std::int32_t __attribute__((vector_size(kLane * sizeof(std::int32_t))));
  v += __builtin_shuffle(v, Order{4, 5, 6, 7, 0, 1, 2, 3});
  v += __builtin_shuffle(v, Order{2, 3, 0, 1, 6, 7, 4, 5});
  v += __builtin_shuffle(v, Order{1, 0, 3, 2, 5, 4, 7, 6});
  return v[0];
}

constexpr std::size_t kAhead = 8;  ///< ratings whose rows are fetched before they are needed
constexpr std::size_t kLineFloats = 16;

inline void prefetch_row(const float* row, std::size_t dim) {
  for (std::size_t f = 0; f < dim; f += kLineFloats) __builtin_prefetch(row + f);
}

}  // namespace

MOVREC_MULTIVERSION void add_outer_products(const float* rows, std::size_t n, std::size_t dim, float* gram) {
  for (std::size_t row = 0; row < dim; row += kLane)
    for (std::size_t column = row; column < dim; column += kLane) {
      Lane s0{}, s1{}, s2{}, s3{}, s4{}, s5{}, s6{}, s7{};
      for (std::size_t k = 0; k < n; ++k) {
        const Lane right = lane(rows + k * dim + column);
        const float* left = rows + k * dim + row;
        s0 += left[0] * right;
        s1 += left[1] * right;
        s2 += left[2] * right;
        s3 += left[3] * right;
        s4 += left[4] * right;
        s5 += left[5] * right;
        s6 += left[6] * right;
        s7 += left[7] * right;
      }
      float* to = gram + row * dim + column;
      const Lane sums[kLane] = {s0, s1, s2, s3, s4, s5, s6, s7};
      for (std::size_t i = 0; i < kLane; ++i) lane(to + i * dim) += sums[i];
    }
}

MOVREC_MULTIVERSION bool solve_cholesky(float* matrix, float* rhs, float* solution, std::size_t dim) {
  // U'U = matrix, row by row; the rows below are updated at once, along contiguous memory. Updates start with
  // the lane of the diagonal: what lies under it is never read, or is multiplied by 0.
  for (std::size_t k = 0; k < dim; ++k) {
    float* pivot = matrix + k * dim;
    if (!(pivot[k] > 0)) return false;
    const float scale = 1 / std::sqrt(pivot[k]);
    for (std::size_t j = k / kLane * kLane; j < dim; j += kLane) lane(pivot + j) *= scale;
    rhs[k] *= scale;  // U'z = rhs on the way
    const float z = rhs[k];
    const std::size_t next_lane = (k / kLane + 1) * kLane;
    for (std::size_t j = k + 1; j < next_lane; ++j) rhs[j] -= z * pivot[j];
    for (std::size_t j = next_lane; j < dim; j += kLane) lane(rhs + j) -= z * lane(pivot + j);
    for (std::size_t i = k + 1; i < dim; ++i) {
      float* row = matrix + i * dim;
      const float factor = pivot[i];
      for (std::size_t j = i / kLane * kLane; j < dim; j += kLane) lane(row + j) -= factor * lane(pivot + j);
    }
  }
  for (std::size_t j = 0; j < dim; j += kLane) lane(solution + j) = Lane{};
  for (std::size_t k = dim; k-- > 0;) {
    const float* row = matrix + k * dim;
    Lane sum{};
    for (std::size_t j = k / kLane * kLane; j < dim; j += kLane) sum += lane(row + j) * lane(solution + j);
    solution[k] = (rhs[k] - total(sum)) / row[k];
  }
  return true;
}

MOVREC_MULTIVERSION void sum_rows(const float* table,
                                  std::span<const std::int32_t> picked,
                                  std::size_t dim,
                                  float* out) {
  const std::int32_t* ids = picked.data();
  const std::size_t n = picked.size();
  // Two lanes at a time, one cache line: its sum stays in registers.
  for (std::size_t f = 0; f < dim; f += 2 * kLane) {
    Lane low{}, high{};
    const bool both = f + kLane < dim;
    for (std::size_t k = 0; k < n; ++k) {
      if (k + kAhead < n) __builtin_prefetch(table + static_cast<std::size_t>(ids[k + kAhead]) * dim + f);
      const float* row = table + static_cast<std::size_t>(ids[k]) * dim + f;
      low += lane(row);
      if (both) high += lane(row + kLane);
    }
    lane(out + f) = low;
    if (both) lane(out + f + kLane) = high;
  }
}

MOVREC_MULTIVERSION void gather_block(const TableView& table,
                                      std::span<const std::int32_t> picked,
                                      const float* stars,
                                      const BlockTarget& before,
                                      float* rows,
                                      RowSums& sums) {
  const std::size_t n = picked.size(), dim = table.dim;
  float roots[kBlock], weights[kBlock], targets[kBlock];
  const float* variances[kBlock];
  float weight_sum = 0, target_sum = 0, square_sum = 0, loss = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const auto id = static_cast<std::size_t>(picked[k]);
    weights[k] = table.weight[id];
    roots[k] = std::sqrt(weights[k]);
    targets[k] = stars[k] - before.mean - table.bias[id];
    variances[k] = table.variance + id * dim;
    weight_sum += weights[k];
    target_sum += weights[k] * targets[k];
    square_sum += weights[k] * targets[k] * targets[k];
  }
  for (std::size_t k = 0; k < n; ++k) {
    if (k + kAhead < n) {
      prefetch_row(table.mean + static_cast<std::size_t>(picked[k + kAhead]) * dim, dim);
      prefetch_row(variances[k + kAhead], dim);
    }
    const float* from = table.mean + static_cast<std::size_t>(picked[k]) * dim;
    for (std::size_t f = 0; f < dim; f += kLane) lane(rows + k * dim + f) = roots[k] * lane(from + f);
  }
  for (std::size_t f = 0; f < dim; f += kLane) {
    Lane weighted{}, targeted{}, variance{};
    for (std::size_t k = 0; k < n; ++k) {
      const Lane value = roots[k] * lane(rows + k * dim + f);
      weighted += value;
      targeted += targets[k] * value;
      variance += weights[k] * lane(variances[k] + f);
    }
    lane(sums.x + f) += weighted;
    lane(sums.xy + f) += targeted;
    lane(sums.variance + f) += variance;
  }
  if (before.factors != nullptr)
    for (std::size_t k = 0; k < n; ++k) {
      Lane product{};
      for (std::size_t f = 0; f < dim; f += kLane)
        product += lane(rows + k * dim + f) * lane(before.factors + f);
      const float error = targets[k] - before.bias - total(product) / roots[k];
      loss += error * error;
    }
  sums.weight += static_cast<double>(weight_sum);
  sums.target += static_cast<double>(target_sum);
  sums.squares += static_cast<double>(square_sum);
  sums.loss += static_cast<double>(loss);
}

}  // namespace movrec
