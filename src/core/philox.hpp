#pragma once

#include <cstddef>
#include <cstdint>

namespace movrec {

/// The ten rounds of Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) over `lanes`
/// counters at once: word w of counter k is cw[k], before and after. Inlined, so that a multiversioned kernel that calls
/// it compiles it for its own instructions.
template <std::size_t lanes>
[[gnu::always_inline]] inline void philox_rounds(std::uint32_t (&c0)[lanes],
                                                 std::uint32_t (&c1)[lanes],
                                                 std::uint32_t (&c2)[lanes],
                                                 std::uint32_t (&c3)[lanes],
                                                 std::uint32_t k0,
                                                 std::uint32_t k1) {
  for (int round = 0; round < 10; ++round) {
    for (std::size_t k = 0; k < lanes; ++k) {
      const std::uint64_t a = std::uint64_t{0xD2511F53U} * c0[k];
      const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * c2[k];
      c0[k] = static_cast<std::uint32_t>(b >> 32) ^ c1[k] ^ k0;
      c1[k] = static_cast<std::uint32_t>(b);
      c2[k] = static_cast<std::uint32_t>(a >> 32) ^ c3[k] ^ k1;
      c3[k] = static_cast<std::uint32_t>(a);
    }
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
}

}  // namespace movrec
