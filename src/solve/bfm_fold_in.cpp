#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "movrec/solve/bfm_posterior.hpp"
#include "solve/bfm_kernels.hpp"
#include "solve/ridge.hpp"

namespace movrec {
namespace {

/// Of expected latent values and the solution they give: what is left to gain shrinks to a fifth each.
constexpr int kTurns = 4;

double density(double z) {
  return std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi);
}
/// P(a < Z < b), from the tail that loses no digits.
double probability(double a, double b) {
  const double scale = std::numbers::sqrt2;
  return a > 0 ? 0.5 * (std::erfc(a / scale) - std::erfc(b / scale))
               : 0.5 * (std::erfc(-b / scale) - std::erfc(-a / scale));
}

/// E[z | low < z < high] of z ~ N(score, 1).
double truncated_mean(double score, double low, double high) {
  const double a = low - score, b = high - score, p = probability(a, b);
  if (p < 1e-12) return std::clamp(score, low, high);
  return score + (density(a) - density(b)) / p;
}

}  // namespace

bool BfmPosterior::knows(ItemIdx item) const {
  return tables_[kItem].known[static_cast<std::size_t>(item_rows_[index(item)])] != 0;
}

std::vector<float> BfmPosterior::fold_in(std::span<const ItemIdx> items, std::span<const float> stars) const {
  const std::size_t width = static_cast<std::size_t>(rank_) + 1;
  std::vector<float> folded(n_draws() * width);
#pragma omp parallel for schedule(dynamic, 1)
  for (std::size_t draw = 0; draw < n_draws(); ++draw)
    fold_in(draw, items, stars, std::span(folded).subspan(draw * width, width));
  return folded;
}

void BfmPosterior::fold_in(std::size_t draw,
                           std::span<const ItemIdx> items,
                           std::span<const float> stars,
                           std::span<float> folded) const {
  const auto rank = static_cast<std::size_t>(rank_);
  const std::size_t n = items.size(), width = rank + 1;
  // At no known time the context is that of the mean day.
  std::vector<float> context(rank), q(rank);
  float base = w0_[draw];
  for (const TableIndex t : {kDay, kUserDay}) {
    if (tables_[t].n == 0) continue;
    const float* mean = tables_[t].mean.data() + draw * width;
    base += mean[rank];
    for (std::size_t f = 0; f < rank; ++f) {
      base += context[f] * mean[f];
      context[f] += mean[f];
    }
  }
  const Table& table = tables_[kItem];
  RidgeSolver solver(width);
  float* row = solver.rows(n);
  std::vector<float> offsets(n), targets(n);
  for (std::size_t k = 0; k < n; ++k, row += solver.stride()) {
    const std::size_t at = draw * table.n + static_cast<std::size_t>(item_rows_[index(items[k])]);
    bfm::decode(table.codes.data() + at * rank, table.scales.data() + draw * rank, q);
    offsets[k] = base + table.a[at];
    for (std::size_t f = 0; f < rank; ++f) {
      offsets[k] += context[f] * q[f];
      row[f] = q[f] + context[f];
    }
    row[rank] = 1;
  }
  const float* const mean = tables_[kUser].mean.data() + draw * width;
  const float* const variance = tables_[kUser].variance.data() + draw * width;
  const float noise = levels_.empty() ? noise_[draw] * noise_[draw] : 1.F;
  std::vector<float> penalty(width);
  for (std::size_t f = 0; f < width; ++f) penalty[f] = noise / std::max(variance[f], 1e-12F);
  std::ranges::copy_n(mean, static_cast<std::ptrdiff_t>(width), folded.begin());
  if (levels_.empty()) {
    for (std::size_t k = 0; k < n; ++k) targets[k] = stars[k] - offsets[k];
    solver.solve(targets, penalty, {mean, width}, folded);
    return;
  }
  const std::size_t n_cuts = levels_.size() - 1;
  const float* const cuts = cuts_.data() + draw * n_cuts;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (int turn = 0; turn < kTurns; ++turn) {
    for (std::size_t k = 0; k < n; ++k) {
      const float* const x = solver.row(k);
      float score = offsets[k];
      for (std::size_t f = 0; f < width; ++f) score += x[f] * folded[f];
      const auto nearest =
          std::ranges::min_element(levels_, {}, [&](float level) { return std::abs(level - stars[k]); });
      const auto level = static_cast<std::size_t>(nearest - levels_.begin());
      const double low = level > 0 ? static_cast<double>(cuts[level - 1]) : -kInfinity,
                   high = level < n_cuts ? static_cast<double>(cuts[level]) : kInfinity;
      targets[k] = static_cast<float>(truncated_mean(static_cast<double>(score), low, high)) - offsets[k];
    }
    solver.solve(targets, penalty, {mean, width}, folded);
  }
}

}  // namespace movrec
