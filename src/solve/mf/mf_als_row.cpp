#include "solve/mf/mf_als_row.hpp"

#include <algorithm>
#include <limits>

namespace movrec {
namespace {

constexpr double kMaxWeight = 100;

}  // namespace

AlsResult solve_als_row(const AlsProblem& problem, AlsRow& row, AlsWorkspace& work) {
  const std::size_t dim = problem.other.dim, count = problem.others.size();
  float *wx = work.vectors.data(), *wxy = wx + dim, *wv = wxy + dim, *rhs = wv + dim, *rhs_kept = rhs + dim;
  std::fill(work.vectors.begin(), work.vectors.end(), 0.F);
  std::fill(work.gram.begin(), work.gram.end(), 0.F);
  RowSums sums{.x = wx, .xy = wxy, .variance = wv};
  const BlockTarget before{problem.offset, row.bias, problem.wants_loss ? row.mean : nullptr};
  for (std::size_t at = 0; at < count; at += kBlock) {
    const std::size_t n = std::min(kBlock, count - at);
    gather_block(problem.other, problem.others.subspan(at, n), problem.stars.data() + at, before,
                 work.rows.data(), sums);
    add_outer_products(work.rows.data(), n, dim, work.gram.data());
  }
  // The bias is one more unknown, whose feature is 1: solved with the factors by its Schur complement.
  const double t = problem.noise * static_cast<double>(row.weight);
  const double bias_precision = problem.has_bias ? t * sums.weight + problem.bias_precision : 0;
  const double bias_target = t * sums.target + problem.bias_mean * problem.bias_precision;
  const double down = problem.has_bias ? t / bias_precision : 0;
  const auto ft = static_cast<float>(t), fdown = static_cast<float>(t * down);
  for (std::size_t f = 0; f < dim; ++f) {
    const float* from = work.gram.data() + f * dim;
    float* to = work.matrix.data() + f * dim;
    const float shrink = fdown * wx[f];
    for (std::size_t g = f / kLane * kLane; g < dim; ++g) to[g] = ft * from[g] - shrink * wx[g];
    const auto precision = static_cast<float>(problem.precision[f]);
    to[f] += ft * wv[f] + precision;
    rhs[f] = rhs_kept[f] =
        ft * wxy[f] + precision * problem.prior[f] - static_cast<float>(down * bias_target) * wx[f];
    if (f < problem.dim) row.variance[f] = 1 / (ft * (from[f] + wv[f]) + precision);
  }
  if (!solve_cholesky(work.matrix.data(), rhs, row.mean, dim))
    return {.squares = 0, .loss = std::numeric_limits<double>::quiet_NaN()};
  double wx_p = 0, wxy_p = 0, quadratic = 0, spread = 0;
  for (std::size_t f = 0; f < dim; ++f) {
    const auto p = static_cast<double>(row.mean[f]);
    wx_p += static_cast<double>(wx[f]) * p;
    wxy_p += static_cast<double>(wxy[f]) * p;
    // t pᵀ(Σ w (q qᵀ + v))p, of which the equations say what it is.
    quadratic += p * (static_cast<double>(rhs_kept[f]) - problem.precision[f] * p);
    spread += static_cast<double>(row.variance[f]) * static_cast<double>(work.gram[f * dim + f] + wv[f]);
  }
  quadratic = quadratic / t + down * wx_p * wx_p;
  double bias = 0, bias_variance = 0;
  if (problem.has_bias) {
    bias = (bias_target - t * wx_p) / bias_precision;
    bias_variance = 1 / bias_precision;
    row.bias = static_cast<float>(bias);
    row.bias_variance = static_cast<float>(bias_variance);
  }
  // Σ w E[(y - b - xᵀp)²] from the sums.
  double squares = sums.squares - 2 * wxy_p - 2 * bias * sums.target + 2 * bias * wx_p +
                   (bias * bias + bias_variance) * sums.weight + quadratic + spread;
  squares = std::max(squares, 0.0);
  const double n = static_cast<double>(count), damping = problem.noise_damping;
  const double weight =
      std::clamp((n + damping) / (problem.noise * squares + damping + 1e-9), 1 / kMaxWeight, kMaxWeight);
  row.weight = static_cast<float>(weight);
  return {weight * squares, sums.loss};
}

}  // namespace movrec
