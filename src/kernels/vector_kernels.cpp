#include "kernels/vector_kernels.hpp"

#include <algorithm>

#include "kernels/multiversion.hpp"
#include "movrec/kernels/parallel.hpp"

namespace movrec {
namespace {

constexpr std::size_t kTask = 1 << 16;  ///< floats of a task
constexpr std::size_t kTile = 1 << 11;  ///< floats that stay in the first cache
constexpr std::size_t kLanes = 16;

std::size_t n_tasks(std::size_t n) {
  return (n + kTask - 1) / kTask;
}

MOVREC_MULTIVERSION
double product_of_tile(const float* a, const float* b, std::size_t n) {
  float sums[4 * kLanes] = {};
  std::size_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes)
    for (std::size_t lane = 0; lane < 4 * kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  double sum = 0;
  for (; i < n; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  for (std::size_t lane = 0; lane < 4 * kLanes; ++lane) sum += static_cast<double>(sums[lane]);
  return sum;
}

MOVREC_MULTIVERSION
void scale_tile(float factor, const float* a, std::size_t n, float* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = factor * a[i];
}

MOVREC_MULTIVERSION
void add_tile(float factor, const float* a, std::size_t n, float* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] += factor * a[i];
}

MOVREC_MULTIVERSION
void subtract_tile(const float* a, const float* b, std::size_t n, float* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = a[i] - b[i];
}

/// Calls work(begin, end) for tiles that cover [0, n), those of a task in their order.
template <class Work>
void for_each_tile(std::size_t task, std::size_t n, const Work& work) {
  const std::size_t end = std::min(n, (task + 1) * kTask);
  for (std::size_t begin = task * kTask; begin < end; begin += kTile)
    work(begin, std::min(end - begin, kTile));
}

}  // namespace

std::vector<double> products(std::span<const float* const> left,
                             std::span<const float* const> right,
                             std::size_t n) {
  const std::size_t n_products = left.size() * right.size();
  std::vector<double> of_task(n_tasks(n) * n_products);
  for_each_task(static_cast<std::int64_t>(n_tasks(n)), [&](std::int64_t task) {
    double* sums = of_task.data() + static_cast<std::size_t>(task) * n_products;
    for_each_tile(static_cast<std::size_t>(task), n, [&](std::size_t begin, std::size_t count) {
      for (std::size_t r = 0; r < right.size(); ++r)
        for (std::size_t l = 0; l < left.size(); ++l)
          sums[l * right.size() + r] += product_of_tile(left[l] + begin, right[r] + begin, count);
    });
  });
  std::vector<double> out(n_products);
  for (std::size_t k = 0; k < of_task.size(); ++k) out[k % n_products] += of_task[k];
  return out;
}

void combine(std::span<const float* const> vectors,
             std::span<const float> factors,
             std::size_t n,
             float* out) {
  for_each_task(static_cast<std::int64_t>(n_tasks(n)), [&](std::int64_t task) {
    for_each_tile(static_cast<std::size_t>(task), n, [&](std::size_t begin, std::size_t count) {
      scale_tile(factors[0], vectors[0] + begin, count, out + begin);
      for (std::size_t k = 1; k < vectors.size(); ++k)
        add_tile(factors[k], vectors[k] + begin, count, out + begin);
    });
  });
}

void subtract(const float* a, const float* b, std::size_t n, float* out) {
  for_each_task(static_cast<std::int64_t>(n_tasks(n)), [&](std::int64_t task) {
    for_each_tile(static_cast<std::size_t>(task), n, [&](std::size_t begin, std::size_t count) {
      subtract_tile(a + begin, b + begin, count, out + begin);
    });
  });
}

}  // namespace movrec
