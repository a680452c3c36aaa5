#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace movrec {

/// Names one dropout mask: the same key and shape give the same mask at any thread count, and no state is
/// kept, so a resumed run draws what a straight one would have drawn.
struct DropoutKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::uint32_t layer = 0;
};

/// The random numbers behind a mask, 16 bits for each element of the layer's output in row-major order:
/// `bits` gets those of elements [128 first_group, 128 first_group + bits.size()). Each 128 come from sixteen
/// counters of Philox4x32-10, one a SIMD lane.
void dropout_bits(const DropoutKey&, std::uint64_t first_group, std::span<std::uint16_t> bits);

/// An element is dropped where its bits are under this: p in steps of 2^-16.
std::uint32_t dropout_threshold(double p);

/// A mask of `like`'s shape and device, of 0 (with probability p) and 1 / (1 - p). On the CPU from
/// dropout_bits; on a GPU from its default generator, whatever the key (DeviceRandom).
at::Tensor dropout_mask(const at::Tensor& like, double p, const DropoutKey&);

}  // namespace movrec
