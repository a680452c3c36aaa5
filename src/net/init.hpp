#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

#include "movrec/net/options.hpp"

namespace movrec {

/// [rows, dim] of N(0, std²), or of U(±√3 std) where the rule has uniform embeddings. Row r is a function of (seed, r) alone.
at::Tensor init_embedding(std::int64_t rows, std::int64_t dim, const NetOptions&, std::uint64_t seed);

/// [outputs, inputs], by the rule of `init`.
at::Tensor init_layer_weight(std::int64_t outputs,
                             std::int64_t inputs,
                             const NetOptions&,
                             std::uint64_t seed);

/// [outputs]: U(±1/√inputs) where the rule draws biases, else 0.
at::Tensor init_layer_bias(std::int64_t outputs, std::int64_t inputs, const NetOptions&, std::uint64_t seed);

}  // namespace movrec
