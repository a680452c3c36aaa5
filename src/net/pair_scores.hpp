#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>

#include "net/pair_kernel.hpp"

namespace movrec {

/// Stars [U, I] of items [I] (int32) for users with these rows of the net's user tables, in their order.
at::Tensor score_pairs(PairWeights, std::span<const at::Tensor> user_rows, const at::Tensor& items);

/// Net::estimate_rows: a tower in 8-bit integers, all else as score_pairs has it. Null for nets without a
/// tower of two hidden layers, for few pairs, and for CPUs that are not made for it.
std::unique_ptr<ScoreEstimates> estimate_pairs(PairWeights,
                                               std::span<const at::Tensor> user_rows,
                                               const at::Tensor& items);

}  // namespace movrec
