#include "kernels/panel_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/multiversion.hpp"

namespace movrec {
namespace {

constexpr std::size_t kWide = 16;
/// Half a panel row: a register of AVX-512, two of AVX2; unaligned.
using Wide = float __attribute__((vector_size(kWide * sizeof(float)), aligned(sizeof(float)), may_alias));
static_assert(kPanel == 2 * kWide);

inline const Wide& wide(const float* at) {
  return *reinterpret_cast<const Wide*>(at);
}
inline Wide& wide(float* at) {
  return *reinterpret_cast<Wide*>(at);
}
inline float total(const Wide& v) {
  float sum[kWide];
  std::memcpy(sum, &v, sizeof sum);
  for (std::size_t half = kWide / 2; half > 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) sum[i] += sum[i + half];
  return sum[0];
}

constexpr std::size_t kTile = 8;  ///< rows of a product that are held in registers

/// to[i, 0 … kPanel) = sign · Σ_k left[k · stride + i] right[k, …] (+ to) for the kTile rows.
template <bool adds>
__attribute__((always_inline)) inline void tile(const float* left,
                                                std::size_t stride,
                                                const float* right,
                                                std::size_t n,
                                                float sign,
                                                float* to,
                                                std::size_t to_stride) {
  Wide low[kTile]{}, high[kTile]{};
  for (std::size_t k = 0; k < n; ++k) {
    const Wide a = wide(right + k * kPanel), b = wide(right + k * kPanel + kWide);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kTile; ++i) {
      const float factor = left[k * stride + i];
      low[i] += factor * a;
      high[i] += factor * b;
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kTile; ++i) {
    float* row = to + i * to_stride;
    wide(row) = sign * low[i] + (adds ? wide(row) : Wide{});
    wide(row + kWide) = sign * high[i] + (adds ? wide(row + kWide) : Wide{});
  }
}

/// matrix -= Σ_k x_k x_kᵀ over the part from column `from` on; x packed from there.
__attribute__((always_inline)) inline void gram_part(const float* packed,
                                                     std::size_t capacity,
                                                     std::size_t n,
                                                     std::size_t dim,
                                                     float sign,
                                                     float* gram,
                                                     std::size_t stride) {
  for (std::size_t column = 0; column < dim; column += kPanel)
    for (std::size_t row = 0; row < column + kPanel; row += kTile)
      tile<true>(packed + row / kPanel * kPanel * capacity + row % kPanel, kPanel, packed + column * capacity,
                 n, sign, gram + row * stride + column, stride);
}

}  // namespace

void pack_rows(const float* table,
               std::size_t width,
               std::size_t column,
               std::size_t dim,
               std::span<const std::int32_t> picked,
               float* packed) {
  constexpr std::size_t kAhead = 8, kLineFloats = 16;
  for (std::size_t k = 0; k < picked.size(); ++k) {
    if (k + kAhead < picked.size()) {
      const float* next = table + static_cast<std::size_t>(picked[k + kAhead]) * width + column;
      for (std::size_t f = 0; f < dim; f += kLineFloats) __builtin_prefetch(next + f);
    }
    const float* from = table + static_cast<std::size_t>(picked[k]) * width + column;
    for (std::size_t f = 0; f < dim; f += kPanel)
      std::memcpy(packed + f * kPanelRows + k * kPanel, from + f, kPanel * sizeof(float));
  }
}

MOVREC_MULTIVERSION void scale_rows(float* packed, std::size_t n, std::size_t dim, const float* factors) {
  for (std::size_t f = 0; f < dim; f += kPanel)
    for (std::size_t k = 0; k < n; ++k) {
      float* row = packed + f * kPanelRows + k * kPanel;
      wide(row) *= factors[k];
      wide(row + kWide) *= factors[k];
    }
}

MOVREC_MULTIVERSION void add_gram(
    const float* packed, std::size_t n, std::size_t dim, float sign, float* gram) {
  gram_part(packed, kPanelRows, n, dim, sign, gram, dim);
}

MOVREC_MULTIVERSION void add_weighted(
    const float* packed, std::size_t n, std::size_t dim, const float* weights, float* out) {
  for (std::size_t f = 0; f < dim; f += kPanel) {
    const float* rows = packed + f * kPanelRows;
    Wide low = wide(out + f), high = wide(out + f + kWide);
    for (std::size_t k = 0; k < n; ++k) {
      low += weights[k] * wide(rows + k * kPanel);
      high += weights[k] * wide(rows + k * kPanel + kWide);
    }
    wide(out + f) = low;
    wide(out + f + kWide) = high;
  }
}

MOVREC_MULTIVERSION void add_dots(
    const float* packed, std::size_t n, std::size_t dim, const float* vector, float* out) {
  for (std::size_t k = 0; k < n; ++k) {
    Wide sum{};
    for (std::size_t f = 0; f < dim; f += kPanel) {
      const float* row = packed + f * kPanelRows + k * kPanel;
      sum += wide(row) * wide(vector + f);
      sum += wide(row + kWide) * wide(vector + f + kWide);
    }
    out[k] += total(sum);
  }
}

MOVREC_MULTIVERSION bool solve_panels(float* matrix, float* rhs, std::size_t dim, float* work) {
  // U'U = matrix, a panel of rows at a time: first within the panel, row by row, then off all that is below.
  // Updates start with the vector of the diagonal: what lies left of it in a row is never read.
  for (std::size_t begin = 0; begin < dim; begin += kPanel) {
    const std::size_t end = begin + kPanel;
    for (std::size_t k = begin; k < end; ++k) {
      float* pivot = matrix + k * dim;
      if (!(pivot[k] > 0)) return false;
      const float scale = 1 / std::sqrt(pivot[k]);
      for (std::size_t j = k / kWide * kWide; j < dim; j += kWide) wide(pivot + j) *= scale;
      for (std::size_t i = k + 1; i < end; ++i) {
        float* row = matrix + i * dim;
        const float factor = pivot[i];
        for (std::size_t j = i / kWide * kWide; j < dim; j += kWide)
          wide(row + j) -= factor * wide(pivot + j);
      }
    }
    for (std::size_t k = begin; k < end; ++k) {  // U'z = rhs on the way
      const float* row = matrix + k * dim;
      rhs[k] /= row[k];
      const float z = rhs[k];
      const std::size_t next = (k / kWide + 1) * kWide;
      for (std::size_t j = k + 1; j < next; ++j) rhs[j] -= z * row[j];
      for (std::size_t j = next; j < dim; j += kWide) wide(rhs + j) -= z * wide(row + j);
    }
    const std::size_t rest = dim - end;
    for (std::size_t f = 0; f < rest; f += kPanel)
      for (std::size_t k = 0; k < kPanel; ++k)
        std::memcpy(work + f * kPanel + k * kPanel, matrix + (begin + k) * dim + end + f,
                    kPanel * sizeof(float));
    gram_part(work, kPanel, kPanel, rest, -1, matrix + end * dim + end, dim);
  }
  for (std::size_t k = dim; k-- > 0;) {
    const float* row = matrix + k * dim;
    const std::size_t next = (k / kWide + 1) * kWide;
    Wide sum{};
    for (std::size_t j = next; j < dim; j += kWide) sum += wide(row + j) * wide(rhs + j);
    float rest = total(sum);
    for (std::size_t j = k + 1; j < next; ++j) rest += row[j] * rhs[j];
    rhs[k] = (rhs[k] - rest) / row[k];
  }
  return true;
}

MOVREC_MULTIVERSION void multiply_panel(const float* rows,
                                        std::size_t row_stride,
                                        std::size_t n,
                                        std::size_t dim,
                                        const float* panel,
                                        float* out,
                                        std::size_t out_stride) {
  constexpr std::size_t kDepth = 256;  // of a slice of the rows, turned over
  float turned[kDepth * kTile], sums[kTile * kPanel];
  for (std::size_t begin = 0; begin < n; begin += kTile) {
    const std::size_t n_rows = std::min(kTile, n - begin);
    std::fill(std::begin(sums), std::end(sums), 0.F);
    for (std::size_t f = 0; f < dim; f += kDepth) {
      const std::size_t depth = std::min(kDepth, dim - f);
      for (std::size_t i = 0; i < kTile; ++i) {
        const float* row = rows + (begin + std::min(i, n_rows - 1)) * row_stride + f;
        for (std::size_t k = 0; k < depth; ++k) turned[k * kTile + i] = row[k];
      }
      tile<true>(turned, kTile, panel + f * kPanel, depth, 1, sums, kPanel);
    }
    for (std::size_t i = 0; i < n_rows; ++i)
      std::memcpy(out + (begin + i) * out_stride, sums + i * kPanel, kPanel * sizeof(float));
  }
}

}  // namespace movrec
