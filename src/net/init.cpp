#include "net/init.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/random.hpp"

namespace movrec {
namespace {

/// Fills by rows, each from its own stream, so that threads do not change the numbers.
template <class Draw>
at::Tensor filled(std::int64_t rows, std::int64_t columns, std::uint64_t seed, const Draw& draw) {
  at::Tensor out = at::empty({rows, columns}, at::kFloat);
  auto* values = out.data_ptr<float>();
  at::parallel_for(0, rows, std::max<std::int64_t>(1, 4096 / columns),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t row = begin; row < end; ++row) {
                       RandomStream random(seed, static_cast<std::uint64_t>(row));
                       for (std::int64_t i = 0; i < columns; ++i)
                         values[row * columns + i] = static_cast<float>(draw(random));
                     }
                   });
  return out;
}

at::Tensor normal(std::int64_t rows, std::int64_t columns, double std, std::uint64_t seed) {
  return filled(rows, columns, seed, [std](RandomStream& random) { return std * random.normal(); });
}

at::Tensor uniform(std::int64_t rows, std::int64_t columns, double bound, std::uint64_t seed) {
  return filled(rows, columns, seed,
                [bound](RandomStream& random) { return bound * (2 * random.uniform() - 1); });
}

}  // namespace

at::Tensor init_embedding(std::int64_t rows,
                          std::int64_t dim,
                          const NetOptions& options,
                          std::uint64_t seed) {
  if (options.init == "uniform") return uniform(rows, dim, std::sqrt(3.0) * options.init_std, seed);
  return normal(rows, dim, options.init_std, seed);
}

at::Tensor init_layer_weight(std::int64_t outputs,
                             std::int64_t inputs,
                             const NetOptions& options,
                             std::uint64_t seed) {
  const auto in = static_cast<double>(inputs), out = static_cast<double>(outputs);
  if (options.init == "xavier") return uniform(outputs, inputs, std::sqrt(6 / (in + out)), seed);
  if (options.init == "kaiming") return normal(outputs, inputs, std::sqrt(2 / in), seed);
  if (options.init == "normal") return normal(outputs, inputs, options.init_std, seed);
  if (options.init == "uniform") return uniform(outputs, inputs, std::sqrt(3.0) * options.init_std, seed);
  return uniform(outputs, inputs, 1 / std::sqrt(in), seed);
}

at::Tensor init_layer_bias(std::int64_t outputs,
                           std::int64_t inputs,
                           const NetOptions& options,
                           std::uint64_t seed) {
  if (options.init != "torch") return at::zeros({outputs}, at::kFloat);
  return uniform(1, outputs, 1 / std::sqrt(static_cast<double>(inputs)), seed).view({outputs});
}

}  // namespace movrec
