#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace movrec {

/// Widths of factor rows are padded with zeros to a multiple of this.
constexpr std::size_t kLane = 8;
constexpr std::size_t padded(std::size_t dim) {
  return (dim + kLane - 1) / kLane * kLane;
}

/// gram [dim, dim] += Σ_k x_k x_kᵀ for rows x [n, dim], in blocks of 8 x 8 on and above the diagonal only.
void add_outer_products(const float* rows, std::size_t n, std::size_t dim, float* gram);

/// Solves matrix · solution = rhs for a symmetric positive definite matrix of which the blocks on and above
/// the diagonal are given; it is overwritten by its Cholesky factor, and rhs too. False if it is not positive
/// definite.
bool solve_cholesky(float* matrix, float* rhs, float* solution, std::size_t dim);

/// out [dim] = Σ_k rows[picked[k]] of a table [., dim].
void sum_rows(const float* table, std::span<const std::int32_t> picked, std::size_t dim, float* out);

constexpr std::size_t kBlock = 64;  ///< ratings that are gathered at once

/// One side's factors as the other side's solver reads them.
struct TableView {
  const float *mean, *variance;  ///< [n, dim]
  const float *bias, *weight;    ///< [n]; weights are positive
  std::size_t dim;
};

/// The row that is solved for, as it was.
struct BlockTarget {
  float mean;            ///< taken off every rating
  float bias;            ///< for the loss
  const float* factors;  ///< [dim]; null: no loss
};

/// What a row's ratings add up to, each with its weight w, its target y = stars - mean - bias and its factors
/// x.
struct RowSums {
  double weight = 0, target = 0, squares = 0;  ///< Σw, Σwy, Σwy²
  double loss = 0;                             ///< Σ(y - bias - xᵀfactors)² of the row as it was
  float *x, *xy, *variance;                    ///< [dim]: Σ w x, Σ w y x, Σ w Var(x)
};

/// Gathers the rows √w x that `picked` names (at most kBlock) into `rows` [n, dim], and adds to the sums.
void gather_block(const TableView& table,
                  std::span<const std::int32_t> picked,
                  const float* stars,
                  const BlockTarget&,
                  float* rows,
                  RowSums& sums);

}  // namespace movrec
