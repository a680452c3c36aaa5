#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/panel_kernels.hpp"
#include "movrec/solve/topn/ials.hpp"

namespace movrec {

/// Width of a block of factors, padded.
std::size_t ials_block(const IalsShape&);

/// The pairs of a row.
struct IalsPairs {
  std::span<const std::int32_t> others;
  std::span<const float> weights;  ///< of each; empty: all weigh 1

  double total_weight() const;
};

/// The weights of pairs with these counts or stars; empty where all weigh 1.
std::vector<float> ials_weights(std::span<const float> counts, const IalsShape&);

/// What a thread needs to solve for a row.
struct IalsWorkspace {
  explicit IalsWorkspace(std::size_t width)
      : packed(kPanelRows * width), matrix(width * width), right(width), target(width) {}
  std::vector<float> packed, matrix, right, target;
};

/// The equations of one block of a row's factors, [begin, begin + width), with its other factors w and the
/// other side's table H held. With h the columns of the block, c the weights of the row's pairs, ŷ what it
/// predicts for them and G = α0 HᵀH, a Newton step, which is exact, adds δ to the block:
///
///     (Σ c h hᵀ + G_block + λ_row I) δ = Σ c (1 - ŷ) h - (G w)_block - λ_row w_block
class IalsEquations {
 public:
  /// `table` [n, dim], dim padded, must outlive this.
  IalsEquations(const float* table, std::size_t n, std::size_t dim, std::size_t begin, const IalsShape&);

  std::size_t width() const { return width_; }
  /// λ_row.
  double ridge(double total_weight) const { return l2_ * (total_weight + alpha_ * static_cast<double>(n_)); }
  /// Brings the block up to date in `row` [dim], and in `predictions` of the pairs. Without predictions the
  /// row counts as 0 before. Returns Σ c y² - targetᵀδ, which is what is left of the row's part of the
  /// objective if it was 0 before; not finite where there was no solution.
  double solve(const IalsPairs&, float* row, std::span<float> predictions, IalsWorkspace&) const;
  /// G's rows of the block, [width, dim]; of the only block, what lies on and above the diagonal.
  const std::vector<float>& gram() const { return gram_; }

 private:
  const float* table_;
  std::size_t n_, dim_, begin_, width_;
  double alpha_, l2_;
  std::vector<float> gram_;
};

}  // namespace movrec
