#include "solve/bfm/bfm_kernels.hpp"

#include <algorithm>
#include <cmath>

#include "core/philox.hpp"
#include "kernels/multiversion.hpp"
#include "solve/common/gauss.hpp"

namespace movrec::bfm {
namespace {

constexpr std::size_t kBlock = 64;  ///< rows per inner loop, a multiple of 4

MOVREC_INLINE Float4 splat(float x) {
  return Float4{x, x, x, x};
}

/// Philox4x32-10 of counters first, first + 1, …, as movrec::philox4x32; words[4 k + w].
MOVREC_INLINE void random_words(Draw draw, std::size_t first, std::uint32_t* words) {
  constexpr std::size_t kCounters = kBlock / 4;
  std::uint32_t c0[kCounters], c1[kCounters], c2[kCounters], c3[kCounters];
  for (std::size_t k = 0; k < kCounters; ++k) {
    const std::uint64_t counter = first / 4 + k;
    c0[k] = static_cast<std::uint32_t>(counter);
    c1[k] = static_cast<std::uint32_t>(counter >> 32);
    c2[k] = draw.sweep;
    c3[k] = draw.purpose;
  }
  philox_rounds(c0, c1, c2, c3, draw.key[0], draw.key[1]);
  for (std::size_t k = 0; k < kCounters; ++k) {
    words[4 * k] = c0[k];
    words[4 * k + 1] = c1[k];
    words[4 * k + 2] = c2[k];
    words[4 * k + 3] = c3[k];
  }
}

}  // namespace

MOVREC_MULTIVERSION void sample_factors(std::span<const std::uint32_t> feature_begin,
                                        std::span<const std::uint32_t> rows,
                                        std::span<const float> counts,
                                        std::span<const float> feature_counts,
                                        std::span<const float> noise,
                                        Prior prior,
                                        Float4* sums,
                                        float* v) {
  const float alpha = prior.noise_precision;
  const std::size_t n_features = feature_begin.size() - 1;
  for (std::size_t j = 0; j < n_features; ++j) {
    const std::uint32_t* const begin = rows.data() + feature_begin[j];
    const std::uint32_t* const end = rows.data() + feature_begin[j + 1];
    Float4 part[4] = {};
    const std::uint32_t* row = begin;
    for (; row + 4 <= end; row += 4)
      for (std::size_t k = 0; k < 4; ++k) part[k] += sums[row[k]];
    for (; row < end; ++row) part[0] += sums[*row];
    const Float4 total = (part[0] + part[1]) + (part[2] + part[3]);

    const float old = v[j];
    const float sum_h2 =
        std::max(total[kQ] - total[kE] - 2 * old * total[kP] + old * old * feature_counts[j], 0.F);
    const float sum_he = total[kG] - old * total[kE];
    const float precision = prior.precision + alpha * sum_h2;
    const float mean = (prior.precision * prior.mean - alpha * (sum_he - old * sum_h2)) / precision;
    const float drawn = mean + noise[j] / std::sqrt(precision);
    const float d = drawn - old;
    v[j] = drawn;

    // e += h δ and q += x δ of all rows, in terms of their sums.
    const Float4 by_p{d, 0, 3 * d, d * d - old * d};
    const Float4 by_count{-old * d, d, d * d - old * d, -old * d * d};
    const Float4 by_q{0, 0, 0, d};
#pragma GCC unroll 4
    for (row = begin; row < end; ++row) {
      Float4& s = sums[*row];
      s += splat(s[kP]) * by_p + splat(s[kQ]) * by_q + splat(counts[*row]) * by_count;
    }
  }
}

MOVREC_MULTIVERSION void sample_weights(std::span<const std::uint32_t> feature_begin,
                                        std::span<const std::uint32_t> rows,
                                        std::span<const float> counts,
                                        std::span<const float> feature_counts,
                                        std::span<const float> noise,
                                        Prior prior,
                                        float* sums,
                                        float* w) {
  const float alpha = prior.noise_precision;
  const std::size_t n_features = feature_begin.size() - 1;
  for (std::size_t j = 0; j < n_features; ++j) {
    float sum_e = 0;
    for (std::uint32_t k = feature_begin[j]; k < feature_begin[j + 1]; ++k) sum_e += sums[rows[k]];
    const float precision = prior.precision + alpha * feature_counts[j];
    const float mean =
        (prior.precision * prior.mean - alpha * (sum_e - w[j] * feature_counts[j])) / precision;
    const float drawn = mean + noise[j] / std::sqrt(precision);
    const float d = drawn - w[j];
    w[j] = drawn;
    for (std::uint32_t k = feature_begin[j]; k < feature_begin[j + 1]; ++k)
      sums[rows[k]] += d * counts[rows[k]];
  }
}

MOVREC_MULTIVERSION void sum_by_segment(std::span<const std::uint32_t> segment_begin,
                                        std::size_t begin,
                                        std::size_t end,
                                        const std::uint32_t* items,
                                        const float* q_before,
                                        const float* item_dq,
                                        const float* item_de,
                                        const float* item_q,
                                        float* e,
                                        Float4* sums) {
  for (std::size_t segment = begin; segment < end; ++segment) {
    const float c = q_before[segment];
    const std::size_t last = segment_begin[segment + 1];
    float s1 = 0, s2 = 0, se = 0, ser = 0;
#pragma omp simd reduction(+ : s1, s2, se, ser)
    for (std::size_t row = segment_begin[segment]; row < last; ++row) {
      const std::uint32_t item = items[row];
      const float now = e[row] + (c * item_dq[item] + item_de[item]);
      const float r = item_q[item];
      e[row] = now;
      s1 += r;
      s2 += r * r;
      se += now;
      ser += now * r;
    }
    sums[segment] = Float4{s1, s2, se, ser};
  }
}

MOVREC_MULTIVERSION void sum_by_item(std::span<const std::uint32_t> segment_begin,
                                     std::size_t begin,
                                     std::size_t end,
                                     const std::uint32_t* items,
                                     const float* item_q,
                                     const Change* changes,
                                     const float* segment_q,
                                     float* e,
                                     Float4* sums) {
  for (std::size_t segment = begin; segment < end; ++segment) {
    const auto [dq, de] = changes[segment];
    const float c = segment_q[segment];
    const Float4 constant{c, c * c, 0, 0}, by_e{0, 0, 1, c};
    const std::size_t last = segment_begin[segment + 1];
#pragma GCC unroll 4
    for (std::size_t row = segment_begin[segment]; row < last; ++row) {
      const std::uint32_t item = items[row];
      const float now = e[row] + (item_q[item] * dq + de);
      e[row] = now;
      sums[item] += splat(now) * by_e + constant;
    }
  }
}

MOVREC_MULTIVERSION void score_rows(const std::uint32_t* items,
                                    std::size_t n,
                                    int rank,
                                    float base,
                                    const float* c,
                                    const float* item_a,
                                    const float* item_q,
                                    float* scores) {
  for (std::size_t k = 0; k < n; ++k) {
    const float* const q = item_q + static_cast<std::size_t>(items[k]) * static_cast<std::size_t>(rank);
    float dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int f = 0; f < rank; ++f) dot += c[f] * q[f];
    scores[k] = base + item_a[items[k]] + dot;
  }
}

MOVREC_MULTIVERSION void combine_features(std::span<const std::uint32_t> features,
                                          std::size_t rank,
                                          float x,
                                          const float* factors,
                                          const float* norms,
                                          const float* weights,
                                          float* q,
                                          float* a,
                                          float* squares) {
  constexpr std::size_t kWidth = 32;
  float norm = 0, weight = 0;
  for (const std::uint32_t j : features) norm += norms[j], weight += weights[j];
  *squares += norm * x * x;
  *a += weight * x;
  std::size_t f = 0;
  for (; f + kWidth <= rank; f += kWidth) {
    float sum[kWidth] = {};
    for (const std::uint32_t j : features)
      for (std::size_t k = 0; k < kWidth; ++k) sum[k] += factors[j * rank + f + k];
    for (std::size_t k = 0; k < kWidth; ++k) q[f + k] += x * sum[k];
  }
  if (f == rank) return;
  float sum[kWidth] = {};
  for (const std::uint32_t j : features)
    for (std::size_t k = 0; k < rank - f; ++k) sum[k] += factors[j * rank + f + k];
  for (std::size_t k = 0; k < rank - f; ++k) q[f + k] += x * sum[k];
}

MOVREC_MULTIVERSION void fill_normals(Draw draw, std::size_t first, std::span<float> normals) {
  std::uint32_t words[kBlock];
  float block[kBlock];
  for (std::size_t begin = 0; begin < normals.size(); begin += kBlock) {
    random_words(draw, first + begin, words);
    for (std::size_t k = 0; k < kBlock; ++k) {
      // One bit for the sign, 31 for a number in (0, 1/2).
      const float p = (static_cast<float>(words[k] >> 1) + 0.5F) * 0x1p-32F;
      const float z = gauss::lower_quantile(p);
      block[k] = (words[k] & 1) != 0 ? -z : z;
    }
    std::copy_n(block, std::min(kBlock, normals.size() - begin), normals.data() + begin);
  }
}

MOVREC_MULTIVERSION void redraw_targets(Draw draw,
                                        std::size_t first,
                                        const std::uint8_t* classes,
                                        const float* lower,
                                        const float* upper,
                                        std::span<float> scores) {
  std::uint32_t words[kBlock];
  float from[kBlock], to[kBlock], block[kBlock];
  for (std::size_t begin = 0; begin < scores.size(); begin += kBlock) {
    const std::size_t n = std::min(kBlock, scores.size() - begin);
    random_words(draw, first + begin, words);
    for (std::size_t k = 0; k < kBlock; ++k) {
      const std::size_t row = begin + (k < n ? k : 0);
      from[k] = lower[classes[row]] - scores[row];
      to[k] = upper[classes[row]] - scores[row];
    }
    for (std::size_t k = 0; k < kBlock; ++k) {
      // On the side where Φ is small, and so exact.
      const bool is_flipped = from[k] > 0;
      const float low = is_flipped ? -to[k] : from[k];
      const float high = is_flipped ? -from[k] : to[k];
      const float p_low = gauss::cdf(low), p_high = gauss::cdf(high);
      const float u = (static_cast<float>(words[k] >> 1) + 0.5F) * 0x1p-31F;
      float z = gauss::quantile(p_low + u * (p_high - p_low));
      z = z < low ? low : z;
      z = z > high ? high : z;
      block[k] = is_flipped ? z : -z;
    }
    std::copy_n(block, n, scores.data() + begin);
  }
}

MOVREC_MULTIVERSION void add_expected_stars(std::span<const float> scores,
                                            std::span<const float> spread,
                                            std::span<const float> levels,
                                            std::span<const float> cuts,
                                            double* sum,
                                            double* sum_of_squares) {
  float mean[kBlock], square[kBlock], factor[kBlock], score[kBlock];
  for (std::size_t begin = 0; begin < scores.size(); begin += kBlock) {
    const std::size_t n = std::min(kBlock, scores.size() - begin);
    for (std::size_t k = 0; k < kBlock; ++k) {
      const std::size_t row = begin + (k < n ? k : 0);
      score[k] = scores[row];
      factor[k] = 1 / spread[row];
      mean[k] = levels[0];
      square[k] = levels[0] * levels[0];
    }
    for (std::size_t j = 0; j < cuts.size(); ++j) {
      const float cut = cuts[j], step = levels[j + 1] - levels[j];
      const float step_of_squares = levels[j + 1] * levels[j + 1] - levels[j] * levels[j];
      for (std::size_t k = 0; k < kBlock; ++k) {
        const float above = gauss::cdf((score[k] - cut) * factor[k]);
        mean[k] += step * above;
        square[k] += step_of_squares * above;
      }
    }
    for (std::size_t k = 0; k < n; ++k) {
      sum[begin + k] += static_cast<double>(mean[k]);
      sum_of_squares[begin + k] += static_cast<double>(square[k]);
    }
  }
}

MOVREC_MULTIVERSION void decode(const std::int8_t* codes, const float* scales, std::span<float> q) {
  for (std::size_t f = 0; f < q.size(); ++f) q[f] = static_cast<float>(codes[f]) * scales[f];
}

MOVREC_MULTIVERSION float dot_codes(std::span<const float> c, const float* scales, const std::int8_t* codes) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t f = 0; f < c.size(); ++f) sum += c[f] * scales[f] * static_cast<float>(codes[f]);
  return sum;
}

}  // namespace movrec::bfm
