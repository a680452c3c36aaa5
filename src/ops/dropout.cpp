#include "movrec/ops/dropout.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/random.hpp"

namespace movrec {

at::Tensor dropout_mask(const at::Tensor& like, double p, const DropoutKey& key) {
  const double scale = 1 / (1 - p);
  if (!like.is_cpu()) {
    // A generator of the device placed by the key: one launch, no state to save.
    at::Generator generator = at::globalContext().defaultGenerator(like.device()).clone();
    generator.set_current_seed(mix_seed(mix_seed(key.seed, key.step), key.layer));
    return at::empty(like.sizes(), like.options()).bernoulli_(1 - p, generator).mul_(scale);
  }
  at::Tensor mask = at::empty(like.sizes(), like.options());
  float* out = mask.data_ptr<float>();
  const std::int64_t n = mask.numel();
  const auto threshold = static_cast<std::uint32_t>(std::lround(p * 65536));
  const auto keep = static_cast<float>(scale);
  const std::array<std::uint32_t, 2> philox_key{static_cast<std::uint32_t>(key.seed),
                                                static_cast<std::uint32_t>(key.seed >> 32)};
  constexpr std::int64_t kPerBlock = 8;  // 128 random bits as eight numbers of 16
  at::parallel_for(0, (n + kPerBlock - 1) / kPerBlock, 4096, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const auto words =
          philox4x32({static_cast<std::uint32_t>(block), key.layer, static_cast<std::uint32_t>(key.step),
                      static_cast<std::uint32_t>(key.step >> 32)},
                     philox_key);
      const std::int64_t first = block * kPerBlock;
      for (std::int64_t i = 0; i < std::min(kPerBlock, n - first); ++i) {
        const std::uint32_t bits = (words[static_cast<std::size_t>(i / 2)] >> (16 * (i % 2))) & 0xffffU;
        out[first + i] = bits < threshold ? 0.F : keep;
      }
    }
  });
  return mask;
}

}  // namespace movrec
