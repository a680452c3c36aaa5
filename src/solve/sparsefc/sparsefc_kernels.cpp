#include "solve/sparsefc/sparsefc_kernels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/multiversion.hpp"

#pragma GCC diagnostic ignored "-Wpsabi"  // functions that return vectors are all inlined

namespace movrec {
namespace {

constexpr std::size_t kWide = 8;  ///< floats of a vector register
constexpr std::size_t kParts = kPanel / kWide;

using Vec = float __attribute__((vector_size(kWide * sizeof(float)), aligned(sizeof(float)), may_alias));
using Order = std::int32_t __attribute__((vector_size(kWide * sizeof(std::int32_t))));

inline const Vec& vec(const float* at) {
  return *reinterpret_cast<const Vec*>(at);
}
inline Vec& vec(float* at) {
  return *reinterpret_cast<Vec*>(at);
}

/// Lane by lane a sum of two of a and two of b, so that three rounds add up eight vectors.
inline Vec fold(Vec a, Vec b) {
  return __builtin_shuffle(a, b, Order{0, 8, 1, 9, 4, 12, 5, 13}) +
         __builtin_shuffle(a, b, Order{2, 10, 3, 11, 6, 14, 7, 15});
}
inline Vec fold_pairs(Vec a, Vec b) {
  return __builtin_shuffle(a, b, Order{0, 1, 8, 9, 4, 5, 12, 13}) +
         __builtin_shuffle(a, b, Order{2, 3, 10, 11, 6, 7, 14, 15});
}
inline Vec fold_halves(Vec a, Vec b) {
  return __builtin_shuffle(a, b, Order{0, 1, 2, 3, 8, 9, 10, 11}) +
         __builtin_shuffle(a, b, Order{4, 5, 6, 7, 12, 13, 14, 15});
}

/// A row of a panel in registers.
struct Row {
  Vec parts[kParts];
};

inline void add(float factor, const float* row, Row& sum) {
  for (std::size_t i = 0; i < kParts; ++i) sum.parts[i] += factor * vec(row + i * kWide);
}

inline Vec product(const Row& left, const float* row) {
  Vec sum = left.parts[0] * vec(row);
  for (std::size_t i = 1; i < kParts; ++i) sum += left.parts[i] * vec(row + i * kWide);
  return sum;
}

/// exp(x) to two units in the last place, for |x| < 87 (Cephes' expf).
inline float exponential(float x) {
  constexpr float kRound = 12582912.F;  // 1.5 · 2²³: what is added to it loses its fraction
  const float whole = (x * 1.44269504F + kRound) - kRound;
  const float rest = x - whole * 0.693359375F + whole * 2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * rest + 1.3981999507e-3F;
  p = p * rest + 8.3334519073e-3F;
  p = p * rest + 4.1665795894e-2F;
  p = p * rest + 1.6666665459e-1F;
  p = p * rest + 5.0000001201e-1F;
  p = p * rest * rest + rest + 1.F;
  return p * std::bit_cast<float>((static_cast<std::int32_t>(whole) + 127) << 23);
}

}  // namespace

MOVREC_MULTIVERSION
void multiply_panel(const SparseRows& a,
                    const float* values,
                    Range rows,
                    const float* panel,
                    float* out,
                    std::size_t stride) {
  const auto row_of = [&](std::size_t k) { return panel + static_cast<std::size_t>(a.columns[k]) * kPanel; };
  for (std::size_t r = rows.begin; r < rows.end; ++r) {
    Row even{}, odd{};  // two sums: an addition need not wait for the one before
    std::size_t k = a.begin[r];
    const std::size_t end = a.begin[r + 1];
    for (; k + 2 <= end; k += 2) {
      add(values[k], row_of(k), even);
      add(values[k + 1], row_of(k + 1), odd);
    }
    if (k < end) add(values[k], row_of(k), even);
    for (std::size_t i = 0; i < kParts; ++i) vec(out + r * stride + i * kWide) = even.parts[i] + odd.parts[i];
  }
}

MOVREC_MULTIVERSION
void add_panel_products(const SparseRows& a,
                        Range rows,
                        const float* left,
                        std::size_t left_stride,
                        const float* panel,
                        float* sums) {
  for (std::size_t r = rows.begin; r < rows.end; ++r) {
    Row h;
    for (std::size_t i = 0; i < kParts; ++i) h.parts[i] = vec(left + r * left_stride + i * kWide);
    std::size_t k = a.begin[r];
    const std::size_t end = a.begin[r + 1];
    const auto at = [&](std::size_t i) {
      return product(h, panel + static_cast<std::size_t>(a.columns[i]) * kPanel);
    };
    for (; k + 8 <= end; k += 8) {
      const Vec p = fold_pairs(fold(at(k), at(k + 1)), fold(at(k + 2), at(k + 3)));
      const Vec q = fold_pairs(fold(at(k + 4), at(k + 5)), fold(at(k + 6), at(k + 7)));
      vec(sums + k) += fold_halves(p, q);
    }
    for (; k < end; ++k) {
      const Vec p = at(k);
      sums[k] += ((p[0] + p[2]) + (p[1] + p[3])) + ((p[4] + p[6]) + (p[5] + p[7]));
    }
  }
}

MOVREC_MULTIVERSION
void weigh(const PanelMatrix& shape, Range rows, const KernelVectors& kernel, const float* w, float* out) {
  for (std::size_t p = 0; p < shape.columns / kPanel; ++p)
    for (std::size_t r = rows.begin; r < rows.end; ++r) {
      const std::size_t at = shape.panel(p) + r * shape.row_stride();
      float distance[kPanel] = {};
      for (std::size_t d = 0; d < kernel.dim; ++d) {
        const float u = kernel.u[r * kernel.dim + d];
        const float* v = kernel.v + d * shape.columns + p * kPanel;
        for (std::size_t j = 0; j < kPanel; ++j) distance[j] += (u - v[j]) * (u - v[j]);
      }
      for (std::size_t j = 0; j < kPanel; ++j) out[at + j] = w[at + j] * std::max(1 - distance[j], 0.F);
    }
}

MOVREC_MULTIVERSION
double unweigh(const PanelMatrix& shape,
               Range rows,
               const KernelVectors& kernel,
               const WeightPenalty& penalty,
               const float* w,
               float* g,
               float* u_gradient,
               float* v_gradient) {
  const std::size_t dim = kernel.dim;
  const auto weight_l2 = static_cast<float>(penalty.weight_l2);
  const auto kernel_l2 = static_cast<float>(dim > 0 ? penalty.kernel_l2 : 0);
  double cost = 0;
  std::fill(u_gradient + rows.begin * dim, u_gradient + rows.end * dim, 0.F);
  for (std::size_t p = 0; p < shape.columns / kPanel; ++p)
    for (std::size_t r = rows.begin; r < rows.end; ++r) {
      const std::size_t at = shape.panel(p) + r * shape.row_stride();
      float distance[kPanel] = {}, of_kernel[kPanel];
      for (std::size_t d = 0; d < dim; ++d) {
        const float u = kernel.u[r * dim + d];
        const float* v = kernel.v + d * shape.columns + p * kPanel;
        for (std::size_t j = 0; j < kPanel; ++j) distance[j] += (u - v[j]) * (u - v[j]);
      }
      float costs[kPanel];
      for (std::size_t j = 0; j < kPanel; ++j) {
        const float k = std::max(1 - distance[j], 0.F);
        const float weight = w[at + j], gradient = g[at + j];
        costs[j] = weight_l2 * weight * weight + kernel_l2 * k * k;
        g[at + j] = gradient * k + weight_l2 * weight;
        of_kernel[j] = k > 0 ? 2 * (gradient * weight + kernel_l2 * k) : 0.F;  // dK/du = -2 (u - v)
      }
      float sum = 0;
      for (std::size_t half = kPanel / 2; half > 0; half /= 2)
        for (std::size_t j = 0; j < half; ++j) costs[j] += costs[j + half];
      sum = costs[0];
      cost += static_cast<double>(sum);
      for (std::size_t d = 0; d < dim; ++d) {
        const float u = kernel.u[r * dim + d];
        const float* v = kernel.v + d * shape.columns + p * kPanel;
        float* of_v = v_gradient + d * shape.columns + p * kPanel;
        float along[kPanel];
        for (std::size_t j = 0; j < kPanel; ++j) {
          along[j] = of_kernel[j] * (u - v[j]);
          of_v[j] += along[j];
        }
        for (std::size_t half = kPanel / 2; half > 0; half /= 2)
          for (std::size_t j = 0; j < half; ++j) along[j] += along[j + half];
        u_gradient[r * dim + d] -= along[0];
      }
    }
  return cost / 2;
}

MOVREC_MULTIVERSION
void activate(float* x, std::size_t rows, std::size_t n, std::size_t stride, const float* bias) {
  for (std::size_t r = 0; r < rows; ++r) {
    float* row = x + r * stride;
    for (std::size_t j = 0; j < n; ++j) {
      const float sum = std::clamp(row[j] + bias[j], -80.F, 80.F);
      row[j] = 1 / (1 + exponential(-sum));
    }
    for (std::size_t j = n; j < stride; ++j) row[j] = 0;
  }
}

MOVREC_MULTIVERSION
void activate_backward(
    const float* h, std::size_t rows, std::size_t stride, float* gradient, float* bias_gradient) {
  for (std::size_t i = 0; i < rows * stride; i += stride)
    for (std::size_t j = 0; j < stride; ++j) {
      gradient[i + j] *= h[i + j] * (1 - h[i + j]);
      bias_gradient[j] += gradient[i + j];
    }
}

}  // namespace movrec
