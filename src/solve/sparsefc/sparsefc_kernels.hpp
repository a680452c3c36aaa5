#pragma once

#include <cstddef>
#include <cstdint>

namespace movrec {

/// Wide matrices are worked on in panels of so many columns: two cache lines a row, so that the panel of
/// thousands of rows stays in the second cache while they are gathered in any order.
constexpr std::size_t kPanel = 32;
constexpr std::size_t whole_panels(std::size_t columns) {
  return (columns + kPanel - 1) / kPanel * kPanel;
}

/// Where a matrix of `rows` rows and `columns` columns, a multiple of kPanel, lies in memory: row-major, or a
/// panel after the other.
struct PanelMatrix {
  std::size_t rows = 0, columns = 0;
  bool row_major = false;
  std::size_t row_stride() const { return row_major ? columns : kPanel; }
  std::size_t panel(std::size_t p) const { return p * kPanel * (row_major ? 1 : rows); }
  std::size_t size() const { return rows * columns; }
};

struct Range {
  std::size_t begin, end;
};

/// The entries of sparse rows: of row r those from begin[r] to begin[r + 1], each in the column `columns[k]`.
struct SparseRows {
  const std::size_t* begin;
  const std::int32_t* columns;
};

/// out [r, kPanel] = Σ_k values[k] panel[columns[k]] over the entries k of row r; `out` is of row 0.
void multiply_panel(
    const SparseRows&, const float* values, Range rows, const float* panel, float* out, std::size_t stride);

/// sums[k] += left[r] · panel[columns[k]] for each entry k of the rows.
void add_panel_products(const SparseRows&,
                        Range rows,
                        const float* left,
                        std::size_t left_stride,
                        const float* panel,
                        float* sums);

/// The vectors of the kernel K_rj = max(0, 1 - |u_r - v_j|²). With dim 0 it is 1 throughout.
struct KernelVectors {
  const float *u, *v;  ///< [rows, dim], [dim, columns]
  std::size_t dim;
};

/// out = W ∘ K for those rows of all panels.
void weigh(const PanelMatrix&, Range rows, const KernelVectors&, const float* w, float* out);

/// What the rows of one layer cost, and the gradients of that.
struct WeightPenalty {
  double weight_l2, kernel_l2;
};
/// From the gradient G of W ∘ K, which `g` holds, makes that of W in its place: G ∘ K + weight_l2 W. Sets
/// u_gradient [rows, dim], adds to v_gradient [dim, columns], and returns
/// ½ weight_l2 |W|² + ½ kernel_l2 |K|².
double unweigh(const PanelMatrix&,
               Range rows,
               const KernelVectors&,
               const WeightPenalty&,
               const float* w,
               float* g,
               float* u_gradient,
               float* v_gradient);

/// x = 1 / (1 + exp(-(x + bias))) for the first `n` of each row, 0 for the rest of the `stride`.
void activate(float* x, std::size_t rows, std::size_t n, std::size_t stride, const float* bias);

/// gradient *= h (1 - h), and adds the sum over the rows to bias_gradient.
void activate_backward(
    const float* h, std::size_t rows, std::size_t stride, float* gradient, float* bias_gradient);

}  // namespace movrec
