#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace movrec {

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four 32-bit random
/// words as a pure function of a 128-bit counter and a 64-bit key. The same numbers at any thread count, in
/// any order.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

/// Mixes a seed with the numbers of a stream (epoch, chain, …) into an independent seed (SplitMix64).
std::uint64_t mix_seed(std::uint64_t seed, std::uint64_t stream);

/// A counter-based stream: the n-th number of (seed, stream) without those before it. Satisfies
/// UniformRandomBitGenerator, with distributions of our own because the standard's differ between libraries.
class RandomStream {
 public:
  using result_type = std::uint32_t;
  RandomStream(std::uint64_t seed, std::uint64_t stream);

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return 0xffffffffU; }
  result_type operator()();

  double uniform();  ///< in [0, 1), 53 bits
  double normal();   ///< N(0, 1), Box-Muller
  /// In [0, n), unbiased (Lemire, "Fast random integer generation in an interval", 2019).
  std::uint32_t below(std::uint32_t n);

 private:
  std::array<std::uint32_t, 2> key_;
  std::uint64_t stream_, block_ = 0;
  std::array<std::uint32_t, 4> words_{};
  unsigned used_ = 4;
  double spare_ = 0;
  bool has_spare_ = false;
};

/// A uniform permutation of 0 … n-1 (Fisher-Yates over a RandomStream).
std::vector<std::uint32_t> random_permutation(std::size_t n, std::uint64_t seed, std::uint64_t stream);

}  // namespace movrec
