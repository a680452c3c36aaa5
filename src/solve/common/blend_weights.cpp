#include "movrec/solve/common/blend_weights.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace movrec {
namespace {

double mean_of(std::span<const float> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

constexpr int kMaxRounds = 100'000;
constexpr double kConverged = 1e-12;

}  // namespace

BlendWeights equal_weights(std::size_t members) {
  return {std::vector<double>(members, 1 / static_cast<double>(members)), 0};
}

BlendWeights fit_blend_weights(std::span<const std::vector<float>> predictions,
                               std::span<const float> stars,
                               double l2) {
  const std::size_t n = predictions.size();
  const double mean = mean_of(stars), rows = static_cast<double>(stars.size());
  std::vector<double> means;
  for (const auto& member : predictions) means.push_back(mean_of(member));

  // Second moments about the means, so that the intercept drops out.
  std::vector<double> products(n * n), targets(n);
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t row = 0; row < stars.size(); ++row)
      targets[a] += (static_cast<double>(predictions[a][row]) - means[a]) *
                    (static_cast<double>(stars[row]) - mean) / rows;
    for (std::size_t b = 0; b <= a; ++b) {
      double sum = 0;
      for (std::size_t row = 0; row < stars.size(); ++row)
        sum += (static_cast<double>(predictions[a][row]) - means[a]) *
               (static_cast<double>(predictions[b][row]) - means[b]);
      products[a * n + b] = products[b * n + a] = sum / rows;
    }
  }

  BlendWeights blend = equal_weights(n);
  const double prior = 1 / static_cast<double>(n);
  for (int round = 0; round < kMaxRounds; ++round) {
    double moved = 0;
    for (std::size_t a = 0; a < n; ++a) {
      double rest = targets[a] + l2 * prior;
      for (std::size_t b = 0; b < n; ++b)
        if (b != a) rest -= products[a * n + b] * blend.weights[b];
      const double curvature = products[a * n + a] + l2;
      const double next = curvature > 0 ? std::max(rest / curvature, 0.0) : prior;
      moved = std::max(moved, std::abs(next - blend.weights[a]));
      blend.weights[a] = next;
    }
    if (moved < kConverged) break;
  }
  blend.intercept = mean;
  for (std::size_t a = 0; a < n; ++a) blend.intercept -= blend.weights[a] * means[a];
  return blend;
}

}  // namespace movrec
