#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace movrec {

/// Columns of tables that are multiplied stand in panels of so many; widths are padded with zeros to a
/// multiple.
constexpr std::size_t kPanel = 32;
constexpr std::size_t panel_padded(std::size_t dim) {
  return (dim + kPanel - 1) / kPanel * kPanel;
}

/// Rows that are multiplied at once.
constexpr std::size_t kPanelRows = 128;

/// Packs columns [column, column + dim) of the rows that `picked` names (at most kPanelRows) of a table with
/// `width` columns: packed [dim / kPanel, kPanelRows, kPanel].
void pack_rows(const float* table,
               std::size_t width,
               std::size_t column,
               std::size_t dim,
               std::span<const std::int32_t> picked,
               float* packed);

/// Multiplies n packed rows by a factor each.
void scale_rows(float* packed, std::size_t n, std::size_t dim, const float* factors);

/// gram [dim, dim] += sign Σ_k x_k x_kᵀ of n packed rows, on and above the diagonal (and below it within a
/// panel).
void add_gram(const float* packed, std::size_t n, std::size_t dim, float sign, float* gram);

/// out [dim] += Σ_k weights[k] x_k of n packed rows.
void add_weighted(const float* packed, std::size_t n, std::size_t dim, const float* weights, float* out);

/// out[k] += x_kᵀ vector for n packed rows.
void add_dots(const float* packed, std::size_t n, std::size_t dim, const float* vector, float* out);

/// Solves matrix · x = rhs for a symmetric positive definite matrix [dim, dim] of which what add_gram fills
/// is given. Both are overwritten, rhs by the solution; `work` has kPanelRows · dim floats. False if it is
/// not positive definite.
bool solve_panels(float* matrix, float* rhs, std::size_t dim, float* work);

/// out [n, kPanel] = rows [n, dim] · panel [dim, kPanel], rows and outputs so many floats apart. Each number
/// of it is a sum in the order of dim, whatever n is.
void multiply_panel(const float* rows,
                    std::size_t row_stride,
                    std::size_t n,
                    std::size_t dim,
                    const float* panel,
                    float* out,
                    std::size_t out_stride);

}  // namespace movrec
