#include "movrec/core/random.hpp"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "core/philox.hpp"

namespace movrec {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  std::uint32_t c0[1]{counter[0]}, c1[1]{counter[1]}, c2[1]{counter[2]}, c3[1]{counter[3]};
  philox_rounds(c0, c1, c2, c3, key[0], key[1]);
  return {c0[0], c1[0], c2[0], c3[0]};
}

std::uint64_t mix_seed(std::uint64_t seed, std::uint64_t stream) {
  std::uint64_t z = seed + (stream + 1) * 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

RandomStream::RandomStream(std::uint64_t seed, std::uint64_t stream)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}, stream_(stream) {}

RandomStream::result_type RandomStream::operator()() {
  if (used_ == 4) {
    words_ = philox4x32({static_cast<std::uint32_t>(block_), static_cast<std::uint32_t>(block_ >> 32),
                         static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)},
                        key_);
    ++block_;
    used_ = 0;
  }
  return words_[used_++];
}

double RandomStream::uniform() {
  const std::uint64_t high = (*this)() >> 5, low = (*this)() >> 6;
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

double RandomStream::normal() {
  if (std::exchange(has_spare_, false)) return spare_;
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

std::uint32_t RandomStream::below(std::uint32_t n) {
  std::uint64_t product = std::uint64_t{(*this)()} * n;
  if (static_cast<std::uint32_t>(product) < n) {
    const std::uint32_t threshold = (0U - n) % n;
    while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{(*this)()} * n;
  }
  return static_cast<std::uint32_t>(product >> 32);
}

std::vector<std::uint32_t> random_permutation(std::size_t n, std::uint64_t seed, std::uint64_t stream) {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  RandomStream random(seed, stream);
  for (std::size_t i = n; i > 1; --i)
    std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);
  return order;
}

}  // namespace movrec
