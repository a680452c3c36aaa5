#include "net/init.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "movrec/core/random.hpp"
#include "movrec/core/table.hpp"
#include "movrec/ops/rating_head.hpp"

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

/// N(0, std²).
at::Tensor normal(std::int64_t rows, std::int64_t columns, double std, std::uint64_t seed) {
  return filled(rows, columns, seed, [std](RandomStream& random) { return std * random.normal(); });
}

at::Tensor uniform(std::int64_t rows, std::int64_t columns, double bound, std::uint64_t seed) {
  return filled(rows, columns, seed,
                [bound](RandomStream& random) { return bound * (2 * random.uniform() - 1); });
}

/// One value of --init.
struct InitRule {
  std::string_view name;
  /// Of a layer, [outputs, inputs]; `std` is --init-std.
  at::Tensor (*weight)(std::int64_t outputs, std::int64_t inputs, double std, std::uint64_t seed);
  bool draws_biases = false;            ///< else they are 0
  bool has_uniform_embeddings = false;  ///< else they are normal
};

/// U(±1/√inputs), LibTorch's.
at::Tensor torch_weight(std::int64_t outputs, std::int64_t inputs, double, std::uint64_t seed) {
  return uniform(outputs, inputs, 1 / std::sqrt(static_cast<double>(inputs)), seed);
}
/// U(±√(6 / (inputs + outputs))) (Glorot & Bengio, "Understanding the difficulty of training deep feedforward
/// neural networks", 2010, eq. 16).
at::Tensor xavier_weight(std::int64_t outputs, std::int64_t inputs, double, std::uint64_t seed) {
  const double both = static_cast<double>(inputs) + static_cast<double>(outputs);
  return uniform(outputs, inputs, std::sqrt(6 / both), seed);
}
/// N(0, 2 / inputs) (He et al., "Delving deep into rectifiers", 2015, eq. 10).
at::Tensor kaiming_weight(std::int64_t outputs, std::int64_t inputs, double, std::uint64_t seed) {
  return normal(outputs, inputs, std::sqrt(2 / static_cast<double>(inputs)), seed);
}
/// N(0, 1 / inputs), which keeps the size of what goes through a layer without a rectifier (LeCun et al., "Efficient
/// BackProp", 1998, eq. 16; Klambauer et al., "Self-normalizing neural networks", 2017).
at::Tensor lecun_weight(std::int64_t outputs, std::int64_t inputs, double, std::uint64_t seed) {
  return normal(outputs, inputs, std::sqrt(1 / static_cast<double>(inputs)), seed);
}
/// U(±√3 std), of standard deviation std.
at::Tensor uniform_weight(std::int64_t outputs, std::int64_t inputs, double std, std::uint64_t seed) {
  return uniform(outputs, inputs, std::sqrt(3.0) * std, seed);
}

constexpr std::array kInits{
    InitRule{.name = "torch", .weight = torch_weight, .draws_biases = true},
    InitRule{.name = "xavier", .weight = xavier_weight},
    InitRule{.name = "kaiming", .weight = kaiming_weight},
    InitRule{.name = "lecun-normal", .weight = lecun_weight},
    InitRule{.name = "normal", .weight = normal},
    InitRule{.name = "uniform", .weight = uniform_weight, .has_uniform_embeddings = true},
};

const InitRule& rule_of(const InitOptions& options) {
  return find_row(kInits, "init", options.init);
}

}  // namespace

std::vector<std::string_view> init_names() {
  return names_of(kInits);
}

std::vector<std::string_view> loss_names() {
  return rating_loss_names();
}

at::Tensor init_embedding(std::int64_t rows,
                          std::int64_t dim,
                          const NetOptions& options,
                          std::uint64_t seed) {
  if (rule_of(options).has_uniform_embeddings) return uniform_weight(rows, dim, options.init_std, seed);
  return normal(rows, dim, options.init_std, seed);
}

at::Tensor init_layer_weight(std::int64_t outputs,
                             std::int64_t inputs,
                             const NetOptions& options,
                             std::uint64_t seed) {
  return rule_of(options).weight(outputs, inputs, options.init_std, seed);
}

at::Tensor init_layer_bias(std::int64_t outputs,
                           std::int64_t inputs,
                           const NetOptions& options,
                           std::uint64_t seed) {
  if (!rule_of(options).draws_biases) return at::zeros({outputs}, at::kFloat);
  return uniform(1, outputs, 1 / std::sqrt(static_cast<double>(inputs)), seed).view({outputs});
}

}  // namespace movrec
