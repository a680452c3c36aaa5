#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace movrec {

/// Names one dropout mask: the same key and shape give the same mask at any thread count, and no state is
/// kept, so a resumed run draws what a straight one would have drawn.
struct DropoutKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::uint32_t layer = 0;
};

/// A mask of `like`'s shape and device, of 0 (with probability p, in steps of 2^-16) and 1 / (1 - p). On the
/// CPU from Philox; on CUDA from LibTorch's generator, seeded by the key.
at::Tensor dropout_mask(const at::Tensor& like, double p, const DropoutKey&);

}  // namespace movrec
