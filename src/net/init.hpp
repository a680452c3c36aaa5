#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

#include "movrec/net/options.hpp"

namespace movrec {

/// [rows, dim] of N(0, std²), or of U(±√3 std) with `init` uniform. Row r is a function of (seed, r) alone.
at::Tensor init_embedding(std::int64_t rows, std::int64_t dim, const NetOptions&, std::uint64_t seed);

/// [outputs, inputs]: torch U(±1/√inputs); xavier U(±√(6 / (inputs + outputs))) (Glorot & Bengio 2010);
/// kaiming N(0, 2 / inputs) (He et al. 2015); normal N(0, std²); uniform U(±√3 std).
at::Tensor init_layer_weight(std::int64_t outputs,
                             std::int64_t inputs,
                             const NetOptions&,
                             std::uint64_t seed);

/// [outputs]: torch U(±1/√inputs), the others 0.
at::Tensor init_layer_bias(std::int64_t outputs, std::int64_t inputs, const NetOptions&, std::uint64_t seed);

}  // namespace movrec
