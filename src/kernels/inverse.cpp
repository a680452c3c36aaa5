#include "kernels/inverse.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/multiversion.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/kernels/gemm.hpp"
#include "movrec/kernels/parallel.hpp"

namespace movrec {
namespace {

constexpr std::size_t kTile = 192;

/// Replaces a tile, of which the lower triangle is given, by the inverse of its lower Cholesky factor, with
/// zeros above. False if it is not positive definite.
MOVREC_MULTIVERSION bool invert_factor(float* tile, std::size_t n, std::size_t stride) {
  std::vector<double> factor(n * n), inverse(n * n);  // row-major; L by rows of its transpose
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) factor[j * n + i] = static_cast<double>(tile[i * stride + j]);
  for (std::size_t k = 0; k < n; ++k) {
    double* pivot = factor.data() + k * n;
    if (!(pivot[k] > 0)) return false;
    const double scale = 1 / std::sqrt(pivot[k]);
    for (std::size_t j = k; j < n; ++j) pivot[j] *= scale;
    for (std::size_t i = k + 1; i < n; ++i) {
      double* row = factor.data() + i * n;
      const double x = pivot[i];
      for (std::size_t j = i; j < n; ++j) row[j] -= x * pivot[j];
    }
  }
  // Row i of the inverse: (e_i - Σ_{k<i} L_ik X_k) / L_ii.
  for (std::size_t i = 0; i < n; ++i) {
    double* row = inverse.data() + i * n;
    row[i] = 1;
    for (std::size_t k = 0; k < i; ++k) {
      const double x = factor[k * n + i];
      const double* from = inverse.data() + k * n;
      for (std::size_t j = 0; j <= k; ++j) row[j] -= x * from[j];
    }
    const double scale = 1 / factor[i * n + i];
    for (std::size_t j = 0; j < n; ++j)
      tile[i * stride + j] = static_cast<float>(j <= i ? row[j] *= scale : 0.0);
  }
  return true;
}

std::int64_t of(std::size_t n) {
  return static_cast<std::int64_t>(n);
}

/// The matrix in tiles; the last ones are smaller.
struct Tiles {
  float* data;
  std::size_t n;
  std::size_t count() const { return (n + kTile - 1) / kTile; }
  std::size_t begin(std::size_t tile) const { return std::min(tile * kTile, n); }
  std::size_t size(std::size_t tile) const { return begin(tile + 1) - begin(tile); }
  float* at(std::size_t row, std::size_t column) const { return data + begin(row) * n + begin(column); }
};

void negate(float* rows, std::size_t n_rows, std::size_t n_columns, std::size_t stride) {
  for (std::size_t i = 0; i < n_rows; ++i)
    for (std::size_t j = 0; j < n_columns; ++j) rows[i * stride + j] = -rows[i * stride + j];
}

void copy(const float* from,
          std::size_t from_stride,
          float* to,
          std::size_t to_stride,
          std::size_t n_rows,
          std::size_t n_columns) {
  for (std::size_t i = 0; i < n_rows; ++i) std::copy_n(from + i * from_stride, n_columns, to + i * to_stride);
}

/// The lower Cholesky factor L in place of the lower triangle, but with inverted tiles on the diagonal.
bool factorize(const Tiles& a, std::vector<float>& strip) {
  for (std::size_t k = 0; k < a.count(); ++k) {
    check_stop();
    const std::size_t width = a.size(k), done = a.begin(k);
    // strip = Σ of the columns before, L_i L_kᵀ, for each tile i of column k.
    for_each_task(of(a.count() - k), [&](std::int64_t task) {
      const std::size_t i = k + static_cast<std::size_t>(task);
      float* sums = strip.data() + (a.begin(i) - done) * kTile;
      gemm(Transpose::no, Transpose::yes, of(a.size(i)), of(width), of(done), a.at(i, 0), of(a.n), a.at(k, 0),
           of(a.n), 0, sums, kTile);
      for (std::size_t row = 0; row < a.size(i); ++row) {
        float* to = a.at(i, k) + row * a.n;
        for (std::size_t j = 0; j < width; ++j) to[j] -= sums[row * kTile + j];
      }
    });
    if (!invert_factor(a.at(k, k), width, a.n)) return false;
    for_each_task(of(a.count() - k - 1), [&](std::int64_t task) {
      const std::size_t i = k + 1 + static_cast<std::size_t>(task);
      float* rows = strip.data() + (a.begin(i) - done) * kTile;
      copy(a.at(i, k), a.n, rows, kTile, a.size(i), width);
      gemm(Transpose::no, Transpose::yes, of(a.size(i)), of(width), of(width), rows, kTile, a.at(k, k),
           of(a.n), 0, a.at(i, k), of(a.n));
    });
  }
  return true;
}

/// X = L⁻¹ in place, last column of tiles first: X_ij = -(Σ_{j<k≤i} X_ik L_kj) X_jj.
void invert_lower(const Tiles& a, std::vector<float>& strip) {
  for (std::size_t j = a.count(); j-- > 0;) {
    check_stop();
    const std::size_t width = a.size(j), below = a.begin(j + 1);
    for_each_task(of(a.count() - j - 1), [&](std::int64_t task) {
      const std::size_t k = j + 1 + static_cast<std::size_t>(task);
      gemm(Transpose::no, Transpose::no, of(a.size(k)), of(width), of(width), a.at(k, j), of(a.n), a.at(j, j),
           of(a.n), 0, strip.data() + (a.begin(k) - below) * kTile, kTile);
    });
    for_each_task(of(a.count() - j - 1), [&](std::int64_t task) {
      const std::size_t i = j + 1 + static_cast<std::size_t>(task);
      gemm(Transpose::no, Transpose::no, of(a.size(i)), of(width), of(a.begin(i + 1) - below), a.at(i, j + 1),
           of(a.n), strip.data(), kTile, 0, a.at(i, j), of(a.n));
      negate(a.at(i, j), a.size(i), width, a.n);
    });
  }
}

/// XᵀX in place, first row of tiles first: those below are still X.
void multiply_transposed(const Tiles& a, std::vector<float>& strip) {
  for (std::size_t i = 0; i < a.count(); ++i) {
    const std::size_t height = a.size(i), width = a.begin(i + 1);
    for_each_task(of(i + 1), [&](std::int64_t task) {
      const auto j = static_cast<std::size_t>(task);
      gemm(Transpose::yes, Transpose::no, of(height), of(a.size(j)), of(a.n - a.begin(i)), a.at(i, i),
           of(a.n), a.at(i, j), of(a.n), 0, strip.data() + a.begin(j), of(width));
    });
    copy(strip.data(), width, a.at(i, 0), a.n, height, width);
  }
}

}  // namespace

bool invert(float* matrix, std::size_t n) {
  const Tiles a{matrix, n};
  std::vector<float> strip(kTile * n);
  // Tiles on the diagonal are read whole.
  for (std::size_t i = 0; i < n; ++i) std::fill(matrix + i * n + i + 1, matrix + (i + 1) * n, 0.F);
  if (!factorize(a, strip)) return false;
  invert_lower(a, strip);
  multiply_transposed(a, strip);
  for_each_task(of(a.count()), [&](std::int64_t task) {
    for (std::size_t i = a.begin(static_cast<std::size_t>(task));
         i < a.begin(static_cast<std::size_t>(task) + 1); ++i)
      for (std::size_t j = i + 1; j < n; ++j) matrix[i * n + j] = matrix[j * n + i];
  });
  return true;
}

}  // namespace movrec
