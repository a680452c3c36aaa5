#include "movrec/ops/int8_tower.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#if defined(__x86_64__) && defined(__GNUC__)
#define MOVREC_HAS_VNNI_KERNEL 1
// g++ 12 takes the intrinsics' "undefined" operands, which nothing reads, for a mistake.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#endif

namespace movrec {
namespace {

constexpr std::int64_t kTile = 48;    ///< items at once, in three registers of 16
constexpr std::int64_t kOutputs = 8;  ///< of a layer at once: with the tile's 24 registers of sums
constexpr std::int64_t kLargest = 255;
constexpr int kFractionBits = 6;             ///< of the first layer's 16-bit terms
constexpr std::int16_t kNever = -(1 << 14);  ///< with any other term it stays below 0
constexpr float kNothing = 1e-30F;  ///< up to here numbers count as 0, lest what divides by them overflow

std::size_t size(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

std::int64_t round_up(std::int64_t n, std::int64_t step) {
  return (n + step - 1) / step * step;
}

/// The largest of each column of rows [n, width], which are not none.
std::vector<float> column_maxima(std::span<const float> rows, std::int64_t width) {
  std::vector<float> out(rows.begin(), rows.begin() + width);
  for (std::size_t at = out.size(); at < rows.size(); at += out.size())
    for (std::size_t k = 0; k < out.size(); ++k) out[k] = std::max(out[k], rows[at + k]);
  return out;
}

std::int16_t to_term(float value) {
  return static_cast<std::int16_t>(std::lrint(std::max(value, static_cast<float>(kNever))));
}

}  // namespace

Int8Tower::Int8Tower(const FloatTower& tower)
    : n_items_(std::ssize(tower.of_items) / tower.first), first_(round_up(tower.first, kOutputs)) {
  add_first_layer(tower);
  std::vector<float> input_scale = first_scale_;
  for (std::size_t l = 0; l < tower.hidden.size(); ++l) {
    const bool is_last = l + 1 == tower.hidden.size();
    std::vector<float> output_scale(size(round_up(tower.hidden[l].outputs, kOutputs)));
    for (std::size_t o = 0; o < output_scale.size() && !is_last; ++o)
      output_scale[o] = o < tower.largest[l].size() ? tower.largest[l][o] / kLargest : 0.F;
    if (is_last) std::ranges::fill(output_scale, 1.F);
    layers_.push_back(quantise(tower.hidden[l], input_scale, output_scale));
    input_scale = std::move(output_scale);
  }
  head_.assign(tower.head, tower.head + tower.hidden.back().outputs);
  head_.resize(size(layers_.back().outputs));
}

/// Sums of a user's and an item's term lie between 0 and the largest byte, wherever ReLU lets them through:
/// the items' terms are moved to be at most 0, and the users' by as much the other way. Terms that take every
/// sum below 0 may all be the same.
void Int8Tower::add_first_layer(const FloatTower& tower) {
  const std::int64_t n_users = std::ssize(tower.of_users) / tower.first;
  const std::vector<float> most_of_users = column_maxima(tower.of_users, tower.first),
                           most_of_items = column_maxima(tower.of_items, tower.first);
  constexpr float kHalf = 1 << (kFractionBits - 1);  // what is cut off later is rounded so
  first_scale_.resize(size(first_));
  std::vector<float> shift(size(tower.first)), per_unit(size(tower.first));  // 0: never positive
  for (std::size_t k = 0; k < shift.size(); ++k) {
    shift[k] = most_of_items[k] + tower.first_bias[k];
    const float range = most_of_users[k] + shift[k];
    if (!(range > kNothing)) continue;
    first_scale_[k] = range / kLargest;
    per_unit[k] = kLargest * (1 << kFractionBits) / range;
  }
  of_users_.assign(size(n_users * first_), kNever);
  of_items_.assign(size(round_up(n_items_, kTile) * first_), kNever);
  for (std::int64_t u = 0; u < n_users; ++u)
    for (std::size_t k = 0; k < shift.size(); ++k)
      if (per_unit[k] > 0)
        of_users_[size(u * first_) + k] =
            to_term((tower.of_users[size(u * tower.first) + k] + shift[k]) * per_unit[k] + kHalf);
  for (std::int64_t i = 0; i < n_items_; ++i)
    for (std::size_t k = 0; k < shift.size(); ++k)
      if (per_unit[k] > 0)
        of_items_[place_of(i, static_cast<std::int64_t>(k))] =
            to_term((tower.of_items[size(i * tower.first) + k] - most_of_items[k]) * per_unit[k]);
}

/// [items / 48, first / 4, 3, 2, 4, 2, 4]: four features of an item side by side, 16 items in two registers
/// so that packing the two into one of bytes, which goes by quarters, leaves the items in order.
std::size_t Int8Tower::place_of(std::int64_t item, std::int64_t feature) const {
  const std::int64_t within = item % 16, quarter = within / 4, half = within / 2 % 2, pair = within % 2;
  const std::int64_t group = item / kTile * (first_ / 4) * 3 + feature / 4 * 3 + item % kTile / 16;
  return size(group * 64 + half * 32 + quarter * 8 + pair * 4 + feature % 4);
}

std::size_t Int8Tower::Layer::place_of(std::int64_t output, std::int64_t input) const {
  const std::int64_t group = output / kOutputs * (inputs / 4) + input / 4;
  return size((group * kOutputs + output % kOutputs) * 4 + input % 4);
}

Int8Tower::Layer Int8Tower::quantise(const DenseLayer& from,
                                     std::span<const float> input_scale,
                                     std::span<const float> output_scale) const {
  Layer to{.outputs = std::ssize(output_scale),
           .inputs = std::ssize(input_scale),
           .weight = std::vector<std::int8_t>(output_scale.size() * input_scale.size()),
           .scale = std::vector<float>(output_scale.size()),
           .bias = std::vector<float>(output_scale.size())};
  std::vector<float> row(size(from.inputs));
  for (std::int64_t o = 0; o < from.outputs; ++o) {
    float largest = 0;
    for (std::int64_t k = 0; k < from.inputs; ++k) {
      row[size(k)] = from.weight[o * from.inputs + k] * input_scale[size(k)];
      largest = std::max(largest, std::abs(row[size(k)]));
    }
    if (!(output_scale[size(o)] > kNothing)) continue;
    const float unit = largest > kNothing ? largest / 127 : 1.F;
    to.scale[size(o)] = unit / output_scale[size(o)];
    to.bias[size(o)] = from.bias[o] / output_scale[size(o)];
    for (std::int64_t k = 0; k < from.inputs; ++k)
      to.weight[to.place_of(o, k)] = static_cast<std::int8_t>(std::lrint(row[size(k)] / unit));
  }
  return to;
}

void Int8Tower::add_reference(std::int64_t begin, std::int64_t n, float* out) const {
  for (std::int64_t pair = 0; pair < n * n_items_; ++pair) {
    const std::int64_t user = begin + pair / n_items_, item = pair % n_items_;
    std::vector<std::int32_t> x(size(first_));
    for (std::int64_t k = 0; k < first_; ++k) {
      const int sum = of_users_[size(user * first_ + k)] + of_items_[place_of(item, k)];
      x[size(k)] = static_cast<std::int32_t>(std::clamp<std::int64_t>(sum >> kFractionBits, 0, kLargest));
    }
    float score = 0;
    for (const Layer& layer : layers_) {
      std::vector<std::int32_t> y(size(layer.outputs));
      for (std::int64_t o = 0; o < layer.outputs; ++o) {
        std::int32_t sum = 0;
        for (std::int64_t k = 0; k < layer.inputs; ++k)
          sum += x[size(k)] * layer.weight[layer.place_of(o, k)];
        const float value = std::fma(static_cast<float>(sum), layer.scale[size(o)], layer.bias[size(o)]);
        y[size(o)] = static_cast<std::int32_t>(std::lrint(std::clamp<float>(value, 0, kLargest)));
        if (&layer == &layers_.back()) score = std::fma(std::max(value, 0.F), head_[size(o)], score);
      }
      x = std::move(y);
    }
    out[pair] += score;
  }
}

#ifdef MOVREC_HAS_VNNI_KERNEL
#define MOVREC_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define MOVREC_VNNI_INLINE MOVREC_VNNI __attribute__((always_inline)) static inline

/// One user and a tile of 48 items. Inputs and outputs of layers are bytes [width / 4, 48, 4]: one register
/// is four features of 16 items.
struct Int8Tower::Kernel {
  using Sums = __m512i[kOutputs][3];

  MOVREC_VNNI_INLINE void first_layer(const std::int16_t* user,
                                      const std::int16_t* items,
                                      std::int64_t width,
                                      std::uint8_t* x) {
    for (std::int64_t k = 0; k < width; k += 4, user += 4) {
      std::int64_t four;
      __builtin_memcpy(&four, user, sizeof four);
      const __m512i of_user = _mm512_set1_epi64(four);
      for (int group = 0; group < 3; ++group, items += 64, x += 64) {
        const __m512i low = _mm512_add_epi16(_mm512_loadu_si512(items), of_user);
        const __m512i high = _mm512_add_epi16(_mm512_loadu_si512(items + 32), of_user);
        _mm512_storeu_si512(x, _mm512_packus_epi16(_mm512_srai_epi16(low, kFractionBits),
                                                   _mm512_srai_epi16(high, kFractionBits)));
      }
    }
  }

  /// Of eight outputs. A function of its own, for it needs nearly all of the registers.
  MOVREC_VNNI __attribute__((noinline)) static void multiply(const std::uint8_t* x,
                                                             const std::int8_t* weight,
                                                             std::int64_t inputs,
                                                             Sums& sums) {
    __m512i acc[kOutputs][3];
#pragma GCC unroll 8
    for (auto& row : acc)
#pragma GCC unroll 3
      for (auto& sum : row) sum = _mm512_setzero_si512();
    for (std::int64_t k = 0; k < inputs; k += 4, x += 4 * kTile, weight += 4 * kOutputs) {
      const __m512i a = _mm512_loadu_si512(x), b = _mm512_loadu_si512(x + 64),
                    c = _mm512_loadu_si512(x + 128);
#pragma GCC unroll 8
      for (std::int64_t o = 0; o < kOutputs; ++o) {
        std::int32_t four;
        __builtin_memcpy(&four, weight + 4 * o, sizeof four);
        const __m512i w = _mm512_set1_epi32(four);
        acc[o][0] = _mm512_dpbusd_epi32(acc[o][0], a, w);
        acc[o][1] = _mm512_dpbusd_epi32(acc[o][1], b, w);
        acc[o][2] = _mm512_dpbusd_epi32(acc[o][2], c, w);
      }
    }
#pragma GCC unroll 8
    for (int o = 0; o < kOutputs; ++o)
#pragma GCC unroll 3
      for (int group = 0; group < 3; ++group) sums[o][group] = acc[o][group];
  }

  MOVREC_VNNI_INLINE __m512 to_float(__m512i sum, const Layer& layer, std::int64_t o) {
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(layer.scale[size(o)]),
                           _mm512_set1_ps(layer.bias[size(o)]));
  }

  MOVREC_VNNI static void hidden_layer(const Layer& layer, const std::uint8_t* x, std::uint8_t* y) {
    // From [4 outputs][4 items] of each quarter to [4 items][4 outputs].
    const __m512i transpose =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    for (std::int64_t begin = 0; begin < layer.outputs; begin += kOutputs) {
      Sums sums;
      multiply(x, layer.weight.data() + begin * layer.inputs, layer.inputs, sums);
      for (std::int64_t o = 0; o < kOutputs; o += 4)
        for (int group = 0; group < 3; ++group, y += 64) {
          __m512i v[4];
#pragma GCC unroll 4
          for (int j = 0; j < 4; ++j)
            v[j] = _mm512_cvtps_epi32(
                _mm512_min_ps(to_float(sums[o + j][group], layer, begin + o + j), _mm512_set1_ps(kLargest)));
          const __m512i bytes =
              _mm512_packus_epi16(_mm512_packs_epi32(v[0], v[1]), _mm512_packs_epi32(v[2], v[3]));
          _mm512_storeu_si512(y, _mm512_shuffle_epi8(bytes, transpose));
        }
    }
  }

  MOVREC_VNNI static void last_layer(const Layer& layer,
                                     const float* head,
                                     const std::uint8_t* x,
                                     float* scores) {
    __m512 score[3] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
    for (std::int64_t begin = 0; begin < layer.outputs; begin += kOutputs) {
      Sums sums;
      multiply(x, layer.weight.data() + begin * layer.inputs, layer.inputs, sums);
      for (std::int64_t o = 0; o < kOutputs; ++o)
        for (int group = 0; group < 3; ++group) {
          const __m512 value = _mm512_max_ps(to_float(sums[o][group], layer, begin + o), _mm512_setzero_ps());
          score[group] = _mm512_fmadd_ps(value, _mm512_set1_ps(head[begin + o]), score[group]);
        }
    }
    for (int group = 0; group < 3; ++group) _mm512_storeu_ps(scores + 16 * group, score[group]);
  }

  MOVREC_VNNI static void run(const Int8Tower& tower,
                              const std::int16_t* user,
                              const std::int16_t* items,
                              std::array<std::vector<std::uint8_t>, 2>& layers,
                              float* scores) {
    first_layer(user, items, tower.first_, layers[0].data());
    for (std::size_t l = 0; l + 1 < tower.layers_.size(); ++l)
      hidden_layer(tower.layers_[l], layers[l % 2].data(), layers[(l + 1) % 2].data());
    last_layer(tower.layers_.back(), tower.head_.data(), layers[(tower.layers_.size() - 1) % 2].data(),
               scores);
  }
};

bool Int8Tower::is_fast() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

void Int8Tower::add_estimates(std::int64_t begin, std::int64_t n, float* out) const {
  std::int64_t width = first_;
  for (const Layer& layer : layers_) width = std::max(width, layer.outputs);
  std::array<std::vector<std::uint8_t>, 2> layers;
  for (auto& layer : layers) layer.resize(size(width * kTile));
  std::array<float, kTile> scores;
  for (std::int64_t item = 0; item < n_items_; item += kTile)  // a tile stays in the cache for all users
    for (std::int64_t u = 0; u < n; ++u) {
      Kernel::run(*this, of_users_.data() + (begin + u) * first_, of_items_.data() + item * first_, layers,
                  scores.data());
      float* to = out + u * n_items_ + item;
      for (std::int64_t i = 0; i < std::min(kTile, n_items_ - item); ++i) to[i] += scores[size(i)];
    }
}
#else
bool Int8Tower::is_fast() {
  return false;
}

void Int8Tower::add_estimates(std::int64_t begin, std::int64_t n, float* out) const {
  add_reference(begin, n, out);
}
#endif

}  // namespace movrec
