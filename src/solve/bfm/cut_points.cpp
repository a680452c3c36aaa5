#include "solve/bfm/cut_points.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "solve/common/gauss.hpp"

namespace movrec::bfm {
namespace {

using Vector = std::vector<double>;

constexpr double kStep = 1.0 / 64;
constexpr double kMostPoints = 8192;
constexpr double kDegreesOfFreedom = 5;

Vector cuts_of(std::span<const double> a) {
  Vector cuts;
  for (std::size_t k = 0; k < a.size(); ++k) cuts.push_back(k == 0 ? a[0] : cuts.back() + std::exp(a[k]));
  return cuts;
}

double density(double x) {
  return std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
}

/// Φ(b) - Φ(a) for a < b, without cancellation in the tails.
double probability_between(double a, double b) {
  constexpr double kScale = 1 / std::numbers::sqrt2;
  const double p = a > 0   ? std::erfc(a * kScale) - std::erfc(b * kScale)
                   : b < 0 ? std::erfc(-b * kScale) - std::erfc(-a * kScale)
                           : std::erf(b * kScale) - std::erf(a * kScale);
  return std::max(0.5 * p, 1e-300);
}

/// A small symmetric matrix, row-major, and its Cholesky factor.
struct Matrix {
  explicit Matrix(std::size_t size) : n(size), values(size * size) {}
  double& operator()(std::size_t i, std::size_t j) { return values[i * n + j]; }
  double operator()(std::size_t i, std::size_t j) const { return values[i * n + j]; }
  std::size_t n;
  Vector values;
};

/// The lower factor L of A = L Lᵀ; false if A is not positive definite.
bool factorize(const Matrix& a, Matrix& l) {
  for (std::size_t i = 0; i < a.n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a(i, j);
      for (std::size_t k = 0; k < j; ++k) sum -= l(i, k) * l(j, k);
      if (i == j && !(sum > 0)) return false;
      l(i, j) = i == j ? std::sqrt(sum) : sum / l(j, j);
    }
  return true;
}

/// x of Lᵀ x = b.
Vector solve_transposed(const Matrix& l, Vector b) {
  for (std::size_t i = l.n; i-- > 0;) {
    for (std::size_t k = i + 1; k < l.n; ++k) b[i] -= l(k, i) * b[k];
    b[i] /= l(i, i);
  }
  return b;
}

Vector solve(const Matrix& l, Vector b) {
  for (std::size_t i = 0; i < l.n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= l(i, k) * b[k];
    b[i] /= l(i, i);
  }
  return solve_transposed(l, std::move(b));
}

/// log posterior of a, up to a constant, with its gradient and negative Hessian if asked for.
double log_posterior(const ScoreGrid& grid, std::span<const double> a, Vector* gradient, Matrix* curvature) {
  const std::size_t n = a.size();
  const Vector cuts = cuts_of(a);
  double value = 0;
  Vector by_cut(n);
  Matrix second(n);  // of the log likelihood by cut-points
  for (std::size_t k = 0; k <= n; ++k)
    for (std::size_t point = 0; point < grid.n_points(); ++point) {
      const double count = grid.count(k, point);
      if (count == 0) continue;
      const double s = grid.score(point);
      const double low = k == 0 ? -1e3 : cuts[k - 1] - s, high = k == n ? 1e3 : cuts[k] - s;
      const double p = probability_between(low, high);
      value += count * std::log(p);
      if (gradient == nullptr) continue;
      const double at_low = density(low) / p, at_high = density(high) / p;
      if (k < n) {
        by_cut[k] += count * at_high;
        second(k, k) -= count * at_high * (high + at_high);
      }
      if (k > 0) {
        by_cut[k - 1] -= count * at_low;
        second(k - 1, k - 1) += count * at_low * (low - at_low);
      }
      if (k > 0 && k < n) {
        second(k, k - 1) += count * at_low * at_high;
        second(k - 1, k) += count * at_low * at_high;
      }
    }
  for (const double x : a) value -= 0.5 * x * x;
  if (gradient == nullptr) return value;

  // dγ_k / da_j is exp(a_j) for 0 < j <= k, and 1 for j = 0.
  const auto slope = [&](std::size_t j) { return j == 0 ? 1.0 : std::exp(a[j]); };
  gradient->assign(n, 0);
  for (std::size_t j = 0; j < n; ++j) {
    double tail = 0;
    for (std::size_t k = j; k < n; ++k) tail += by_cut[k];
    (*gradient)[j] = slope(j) * tail - a[j];
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t k = j; k < n; ++k)
        for (std::size_t l = i; l < n; ++l) sum += second(k, l);
      (*curvature)(i, j) = -slope(i) * slope(j) * sum;
    }
    (*curvature)(j, j) += 1 - (j == 0 ? 0 : slope(j) * tail);
  }
  return value;
}

struct Mode {
  Vector a;
  Matrix factor;  ///< of the negative Hessian there
};

/// Newton's method with step halving, made positive definite by a ridge where the posterior is not concave.
Mode find_mode(const ScoreGrid& grid, Vector a) {
  const std::size_t n = a.size();
  Vector gradient;
  Matrix curvature(n), factor(n);
  double value = log_posterior(grid, a, &gradient, &curvature);
  for (int iteration = 0; iteration < 100; ++iteration) {
    for (double ridge = 1e-3; !factorize(curvature, factor); ridge *= 10)
      for (std::size_t j = 0; j < n; ++j) curvature(j, j) += ridge;
    const Vector step = solve(factor, gradient);
    double largest = 0;
    for (const double x : step) largest = std::max(largest, std::abs(x));
    if (largest < 1e-8) break;
    double scale = largest > 1 ? 1 / largest : 1;
    for (int halving = 0; halving < 30; ++halving, scale /= 2) {
      Vector next = a;
      for (std::size_t j = 0; j < n; ++j) next[j] += scale * step[j];
      const double next_value = log_posterior(grid, next, nullptr, nullptr);
      if (next_value >= value - 1e-9 * std::abs(value)) {
        a = std::move(next);
        break;
      }
    }
    value = log_posterior(grid, a, &gradient, &curvature);
  }
  return {std::move(a), std::move(factor)};
}

/// log density of the proposal at a, up to a constant.
double log_proposal(const Mode& mode, std::span<const double> a) {
  double squares = 0;  // |Lᵀ (a - mode)|²
  for (std::size_t j = 0; j < a.size(); ++j) {
    double sum = 0;
    for (std::size_t i = j; i < a.size(); ++i) sum += mode.factor(i, j) * (a[i] - mode.a[i]);
    squares += sum * sum;
  }
  return -0.5 * (kDegreesOfFreedom + static_cast<double>(a.size())) * std::log1p(squares / kDegreesOfFreedom);
}

}  // namespace

ScoreGrid::ScoreGrid(std::size_t n_classes, float lowest, float highest) {
  const double width = static_cast<double>(highest) - static_cast<double>(lowest);
  step_ = std::max(kStep, width / kMostPoints);
  origin_ = static_cast<double>(lowest) - 2 * step_;
  n_points_ = static_cast<std::size_t>(width / step_) + 6;
  counts_.resize(n_classes * n_points_);
}

void ScoreGrid::add(std::span<const float> scores, const std::uint8_t* classes) {
  for (std::size_t k = 0; k < scores.size(); ++k) {
    const double x = (static_cast<double>(scores[k]) - origin_) / step_;
    const double floor = std::floor(x);
    const double t = x - floor, t1 = t - 1, t2 = t - 2, t3 = t + 1;
    double* const at = counts_.data() + classes[k] * n_points_ + static_cast<std::size_t>(floor) - 1;
    at[0] -= t * t1 * t2 / 6;
    at[1] += t3 * t1 * t2 / 2;
    at[2] -= t3 * t * t2 / 2;
    at[3] += t3 * t * t1 / 6;
  }
}

void ScoreGrid::add(const ScoreGrid& other) {
  for (std::size_t k = 0; k < counts_.size(); ++k) counts_[k] += other.counts_[k];
}

CutPoints::CutPoints(std::span<const double> class_counts) {
  double total = 0, below = 0, last = 0;
  for (const double count : class_counts) total += count;
  for (std::size_t k = 0; k + 1 < class_counts.size(); ++k) {
    below += class_counts[k];
    const double cut = static_cast<double>(gauss::quantile(static_cast<float>(below / total)));
    a_.push_back(k == 0 ? cut : std::log(std::max(cut - last, 1e-3)));
    last = cut;
  }
}

void CutPoints::sample(const ScoreGrid& grid, RandomStream& random) {
  const std::size_t n = a_.size();
  const Mode mode = find_mode(grid, a_);
  Vector z(n);
  for (double& x : z) x = random.normal();
  double chi_square = 0;
  for (int k = 0; k < static_cast<int>(kDegreesOfFreedom); ++k) {
    const double x = random.normal();
    chi_square += x * x;
  }
  Vector proposed = solve_transposed(mode.factor, std::move(z));
  for (std::size_t j = 0; j < n; ++j)
    proposed[j] = mode.a[j] + proposed[j] * std::sqrt(kDegreesOfFreedom / chi_square);
  const double log_ratio = log_posterior(grid, proposed, nullptr, nullptr) -
                           log_posterior(grid, a_, nullptr, nullptr) - log_proposal(mode, proposed) +
                           log_proposal(mode, a_);
  if (std::log(1 - random.uniform()) < log_ratio) a_ = std::move(proposed);
}

std::vector<double> CutPoints::values() const {
  return cuts_of(a_);
}

}  // namespace movrec::bfm
