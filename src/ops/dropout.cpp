#include "movrec/ops/dropout.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "core/philox.hpp"
#include "kernels/multiversion.hpp"
#include "movrec/core/random.hpp"
#include "movrec/kernels/parallel.hpp"

namespace movrec {
namespace {

constexpr std::size_t kLanes = 16, kPerGroup = 8 * kLanes;

/// philox4x32 of core/random.hpp for sixteen counters (first + lane, layer, step), word by word.
MOVREC_MULTIVERSION
void philox_lanes(std::uint64_t first, const DropoutKey& key, std::uint32_t* out) {
  alignas(64) std::uint32_t c0[kLanes], c1[kLanes], c2[kLanes], c3[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    c0[lane] = static_cast<std::uint32_t>(first + lane);
    c1[lane] = key.layer;
    c2[lane] = static_cast<std::uint32_t>(key.step);
    c3[lane] = static_cast<std::uint32_t>(key.step >> 32);
  }
  philox_rounds(c0, c1, c2, c3, static_cast<std::uint32_t>(key.seed),
                static_cast<std::uint32_t>(key.seed >> 32));
  std::memcpy(out, c0, sizeof c0);
  std::memcpy(out + kLanes, c1, sizeof c1);
  std::memcpy(out + 2 * kLanes, c2, sizeof c2);
  std::memcpy(out + 3 * kLanes, c3, sizeof c3);
}

}  // namespace

void dropout_bits(const DropoutKey& key, std::uint64_t first_group, std::span<std::uint16_t> bits) {
  std::array<std::uint32_t, kPerGroup / 2> words;
  for (std::size_t begin = 0; begin < bits.size(); begin += kPerGroup, ++first_group) {
    philox_lanes(first_group * kLanes, key, words.data());
    std::memcpy(bits.data() + begin, words.data(), 2 * std::min(kPerGroup, bits.size() - begin));
  }
}

std::uint32_t dropout_threshold(double p) {
  return static_cast<std::uint32_t>(std::lround(p * 65536));
}

at::Tensor dropout_mask(const at::Tensor& like, double p, const DropoutKey& key) {
  const double scale = 1 / (1 - p);
  if (!like.is_cpu()) return at::empty(like.sizes(), like.options()).bernoulli_(1 - p).mul_(scale);
  at::Tensor mask = at::empty(like.sizes(), like.options());
  float* out = mask.data_ptr<float>();
  const auto n = static_cast<std::size_t>(mask.numel());
  const std::uint32_t threshold = dropout_threshold(p);
  constexpr std::size_t kPerTask = 64 * kPerGroup;
  for_each_task(static_cast<std::int64_t>((n + kPerTask - 1) / kPerTask), [&](std::int64_t task) {
    const std::size_t begin = static_cast<std::size_t>(task) * kPerTask;
    std::array<std::uint16_t, kPerTask> bits;
    const std::span part = std::span(bits).first(std::min(kPerTask, n - begin));
    dropout_bits(key, begin / kPerGroup, part);
    for (std::size_t i = 0; i < part.size(); ++i)
      out[begin + i] = part[i] < threshold ? 0.F : static_cast<float>(scale);
  });
  return mask;
}

}  // namespace movrec
