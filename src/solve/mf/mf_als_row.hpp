#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/row_blocks.hpp"

namespace movrec {

/// What a thread needs to solve for a row.
struct AlsWorkspace {
  explicit AlsWorkspace(std::size_t dim)
      : rows(kBlock * dim), gram(dim * dim), matrix(dim * dim), vectors(5 * dim) {}
  std::vector<float> rows, gram, matrix, vectors;
};

/// The ratings of a row and what is known before them. Factors are padded to `other.dim`, with zeros from
/// `dim` on.
struct AlsProblem {
  TableView other;  ///< the factors of what is rated
  std::span<const std::int32_t> others;
  std::span<const float> stars;
  float offset = 0;                   ///< taken off every rating
  std::size_t dim = 0;                ///< of the factors, without padding
  const double* precision = nullptr;  ///< [other.dim], of the factors' prior
  const float* prior = nullptr;       ///< [other.dim], its mean
  bool has_bias = true;
  double bias_mean = 0, bias_precision = 0;  ///< of the bias' prior
  double noise = 1;                          ///< precision of a rating
  double noise_damping = 0;  ///< ratings of common noise added to the row's own, which make its weight
  bool wants_loss = false;
};

/// A row as it was, and then as it is.
struct AlsRow {
  float *mean, *variance;  ///< [dim padded], of the factors' posterior
  float bias = 0, bias_variance = 0;
  float weight = 1;  ///< of its ratings
};

/// What a row leaves for the sums over all rows.
struct AlsResult {
  double squares = 0;  ///< Σ w E[e²], with the row's new weight
  double loss = 0;     ///< of the row as it was; not finite where the equations had no solution
};

/// The update of solve/mf/mf_als.hpp.
AlsResult solve_als_row(const AlsProblem&, AlsRow&, AlsWorkspace&);

}  // namespace movrec
