#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "solve/common/ridge.hpp"

namespace movrec {

/// Costs of n numbers that a row of unknowns makes.
struct RowCosts {
  std::size_t n = 0;
  /// Numbers [n] of a row [width], and where `jacobian` is not null their derivatives [n, width], rows
  /// `stride` floats apart.
  std::function<void(
      std::span<const float> row, std::span<float> numbers, float* jacobian, std::size_t stride)>
      numbers;
  /// The sum of their costs, and its slopes [n].
  std::function<double(std::span<const float> numbers, std::span<float> slopes)> cost;
};

/// Descends from x to a minimum of the costs plus Σ_f penalty[f] (x[f] - mean[f])² by generalized
/// Gauss-Newton steps (Schraudolph, "Fast curvature matrix-vector products for second-order gradient
/// descent", 2002), each halved until it leads down: at most kGaussNewtonSteps of them. Where the numbers are
/// linear in x and the costs quadratic, the first is the solution.
inline constexpr int kGaussNewtonSteps = 12;
void minimise_row(const RowCosts&,
                  std::span<const float> penalty,
                  std::span<const float> mean,
                  std::span<float> x,
                  RidgeSolver&);

}  // namespace movrec
