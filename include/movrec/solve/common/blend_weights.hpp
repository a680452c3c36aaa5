#pragma once

#include <span>
#include <vector>

namespace movrec {

/// stars = intercept + Σ_m weights[m] · predictions[m].
struct BlendWeights {
  std::vector<double> weights;
  double intercept = 0;
};

/// The plain mean of `members` predictions.
BlendWeights equal_weights(std::size_t members);

/// Non-negative ridge regression of the stars on the members' predictions (stacked regressions, Breiman
/// 1996): minimizes Σ_rows (stars - intercept - Σ_m w_m p_m)² + l2 · rows · Σ_m (w_m - 1/M)² over w >= 0, by
/// cyclic coordinate descent to convergence. `predictions[m]` has one value a row. Shrinking towards the
/// plain mean, rather than to 0, makes it the answer where the rows cannot tell the members apart.
BlendWeights fit_blend_weights(std::span<const std::vector<float>> predictions,
                               std::span<const float> stars,
                               double l2);

}  // namespace movrec
