#include "solve/common/gauss_newton.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace movrec {
namespace {

constexpr int kHalvings = 6;
constexpr double kEnough = 1e-6;      ///< a step that gains a smaller share of the objective is the last
constexpr float kDifference = 0.01F;  ///< of numbers, for the second derivative of their costs
/// A cost's second derivative counts at least so much of the largest one: where it is flat, or bends the
/// wrong way, steps are short.
constexpr float kLeastCurvature = 0.1F;
/// A cost that rises in a straight line, as Huber's does, counts as a parabola whose bottom is so far away.
constexpr float kReach = 2, kStraight = 1e-3F;

}  // namespace

void minimise_row(const RowCosts& costs,
                  std::span<const float> penalty,
                  std::span<const float> mean,
                  std::span<float> x,
                  RidgeSolver& solver) {
  const std::size_t n = costs.n, width = x.size();
  std::vector<float> numbers(n), slopes(n), low(n), high(n), shifted(n), targets(n), to(width), tried(width);
  const auto objective = [&](std::span<const float> at, std::span<float> slopes_there) {
    double sum = costs.cost(numbers, slopes_there);
    for (std::size_t f = 0; f < width; ++f) {
      const double off = static_cast<double>(at[f]) - static_cast<double>(mean[f]);
      sum += static_cast<double>(penalty[f]) * off * off;
    }
    return sum;
  };
  const auto slopes_beside = [&](float difference, std::vector<float>& out) {
    for (std::size_t k = 0; k < n; ++k) shifted[k] = numbers[k] + difference;
    costs.cost(shifted, out);
  };
  for (int step = 0; step < kGaussNewtonSteps; ++step) {
    float* rows = solver.rows(n);
    costs.numbers(x, numbers, rows, solver.stride());
    const double before = objective(x, slopes);
    slopes_beside(-kDifference, low);
    slopes_beside(kDifference, high);
    float largest = 1e-6F;
    for (std::size_t k = 0; k < n; ++k) {
      high[k] = (high[k] - low[k]) / (2 * kDifference);
      const float steepness = std::abs(slopes[k]);
      if (high[k] < kStraight * steepness) high[k] = steepness / kReach;
      largest = std::max(largest, high[k]);
    }
    // cost ≈ ½ h (J·x - (J·x_now - slope / h))² + …: a ridge regression of rows √(h/2) J.
    for (std::size_t k = 0; k < n; ++k) {
      const float h = std::max(high[k], kLeastCurvature * largest), root = std::sqrt(h / 2);
      float* row = rows + k * solver.stride();
      float product = 0;
      for (std::size_t f = 0; f < width; ++f) {
        product += row[f] * x[f];
        row[f] *= root;
      }
      targets[k] = root * (product - slopes[k] / h);
    }
    if (!solver.solve(targets, penalty, mean, to)) return;
    double after = before;
    float share = 1;
    for (int halving = 0; halving <= kHalvings; ++halving, share /= 2) {
      for (std::size_t f = 0; f < width; ++f) tried[f] = x[f] + share * (to[f] - x[f]);
      costs.numbers(tried, numbers, nullptr, 0);
      after = objective(tried, slopes);
      if (after < before) break;
    }
    if (!(after < before)) return;
    std::ranges::copy(tried, x.begin());
    if (before - after < kEnough * std::abs(before)) return;
  }
}

}  // namespace movrec
