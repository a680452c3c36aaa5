#include "solve/common/ridge.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/row_blocks.hpp"

namespace movrec {
namespace {

/// With so many ratings the pull is half of what it is without any. Chosen with kRatingNoise on held-out
/// users of ml-1m, of whom 1, 2, 5, 10, 20 and 80 % of the ratings were shown.
constexpr double kPriorRatings = 3;

float product(const float* a, const float* b, std::size_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t f = 0; f < n; ++f) sum += a[f] * b[f];
  return sum;
}

void add_multiple(float factor, const float* from, std::size_t n, float* to) {
#pragma omp simd
  for (std::size_t f = 0; f < n; ++f) to[f] += factor * from[f];
}

}  // namespace

RidgeSolver::RidgeSolver(std::size_t width) : width_(width), stride_(padded(width)) {}

float* RidgeSolver::rows(std::size_t n) {
  rows_.assign(n * stride_, 0.F);
  gram_.clear();
  return rows_.data();
}

bool RidgeSolver::solve(std::span<const float> targets,
                        std::span<const float> penalty,
                        std::span<const float> mean,
                        std::span<float> x) {
  const std::size_t n = targets.size();
  targets_.resize(n);
  for (std::size_t k = 0; k < n; ++k)
    targets_[k] = targets[k] - product(rows_.data() + k * stride_, mean.data(), width_);
  const bool solved = padded(n) < stride_ ? solve_dual(n, penalty) : solve_primal(n, penalty);
  for (std::size_t f = 0; f < width_; ++f) x[f] = mean[f] + (solved ? solution_[f] : 0.F);
  return solved;
}

bool RidgeSolver::solve_primal(std::size_t n, std::span<const float> penalty) {
  if (gram_.empty()) {
    gram_.assign(stride_ * stride_, 0.F);
    add_outer_products(rows_.data(), n, stride_, gram_.data());
  }
  matrix_ = gram_;
  rhs_.assign(stride_, 0.F);
  solution_.resize(stride_);
  for (std::size_t k = 0; k < n; ++k)
    add_multiple(targets_[k], rows_.data() + k * stride_, width_, rhs_.data());
  for (std::size_t f = 0; f < stride_; ++f) matrix_[f * stride_ + f] += f < width_ ? penalty[f] : 1.F;
  return solve_cholesky(matrix_.data(), rhs_.data(), solution_.data(), stride_);
}

/// With rows scaled by penalty^-½: (X Xᵀ + 1) α = targets, x = penalty^-½ Xᵀ α.
bool RidgeSolver::solve_dual(std::size_t n, std::span<const float> penalty) {
  const std::size_t side = padded(n);
  scaled_.assign(width_ * side, 0.F);
  for (std::size_t f = 0; f < width_; ++f) {
    const float scale = 1 / std::sqrt(penalty[f]);
    for (std::size_t k = 0; k < n; ++k) scaled_[f * side + k] = scale * rows_[k * stride_ + f];
  }
  matrix_.assign(side * side, 0.F);
  rhs_.assign(side, 0.F);
  std::ranges::copy(targets_, rhs_.begin());
  solution_.resize(std::max(side, stride_));
  add_outer_products(scaled_.data(), width_, side, matrix_.data());
  for (std::size_t k = 0; k < side; ++k) matrix_[k * side + k] += 1;
  if (!solve_cholesky(matrix_.data(), rhs_.data(), solution_.data(), side)) return false;
  const std::vector<float> alpha(solution_.begin(), solution_.begin() + static_cast<std::ptrdiff_t>(n));
  for (std::size_t f = 0; f < width_; ++f)
    solution_[f] = product(scaled_.data() + f * side, alpha.data(), n) / std::sqrt(penalty[f]);
  return true;
}

RowPrior row_prior(const float* table, std::size_t width, std::span<const std::int32_t> known) {
  std::vector<double> sums(width), squares(width);
  double n = 0;
  for (std::size_t row = 0; row < known.size(); ++row) {
    if (known[row] == 0) continue;
    ++n;
    for (std::size_t f = 0; f < width; ++f) {
      const auto x = static_cast<double>(table[row * width + f]);
      sums[f] += x;
      squares[f] += x * x;
    }
  }
  RowPrior prior;
  for (std::size_t f = 0; f < width; ++f) {
    const double mean = sums[f] / std::max(n, 1.0);
    prior.mean.push_back(static_cast<float>(mean));
    prior.variance.push_back(
        static_cast<float>(std::max(squares[f] / std::max(n, 1.0) - mean * mean, 1e-12)));
  }
  return prior;
}

double prior_pull(double noise, float variance, std::size_t n_ratings) {
  return noise / static_cast<double>(variance) * kPriorRatings /
         (kPriorRatings + static_cast<double>(n_ratings));
}

}  // namespace movrec
