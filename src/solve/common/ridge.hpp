#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace movrec {

/// Least squares for one row of unknowns that is drawn towards a mean:
///
///     argmin_x Σ_k (targets[k] - rows[k]·x)² + Σ_f penalty[f] (x[f] - mean[f])²
///
/// by Cholesky of the normal equations, or of their dual where there are fewer rows than unknowns (Saunders,
/// Gammerman and Vovk, "Ridge regression learning algorithm in dual variables", ICML 1998). Keeps its
/// buffers; the result depends on the problem alone, not on threads or earlier problems.
class RidgeSolver {
 public:
  explicit RidgeSolver(std::size_t width);

  /// Room for n rows, `stride()` floats apart, to be filled up to `width` before the next solve. The products
  /// of the rows are kept over solves with other targets.
  float* rows(std::size_t n);
  const float* row(std::size_t k) const { return rows_.data() + k * stride_; }
  std::size_t stride() const { return stride_; }

  /// Penalties are positive; all spans but `targets` have `width` numbers. False, and x = mean, if float
  /// arithmetic finds no solution.
  bool solve(std::span<const float> targets,
             std::span<const float> penalty,
             std::span<const float> mean,
             std::span<float> x);

 private:
  bool solve_primal(std::size_t n, std::span<const float> penalty);
  bool solve_dual(std::size_t n, std::span<const float> penalty);

  std::size_t width_, stride_;
  std::vector<float> gram_{};  ///< of the rows; empty until it is needed
  std::vector<float> rows_, matrix_, rhs_, targets_, scaled_, solution_;
};

/// What the rows of known users are like, column by column: the prior of one that is not among them.
struct RowPrior {
  std::vector<float> mean, variance;
};
/// Of a table [known.size(), width]. Without known rows everything is 0; the variance is never less than
/// 1e-12.
RowPrior row_prior(const float* table, std::size_t width, std::span<const std::int32_t> known);

/// The squared distance of a rating from what a model predicts, on a scale of 1 … 5.
inline constexpr double kRatingNoise = 0.7;

/// The penalty by which a new row with n ratings is drawn to the mean of the known ones, beside training's
/// own: `noise` over their variance. Known rows are shrunk, so that their spread is less than it seems: the
/// more ratings, the less they say.
double prior_pull(double noise, float variance, std::size_t n_ratings);

}  // namespace movrec
