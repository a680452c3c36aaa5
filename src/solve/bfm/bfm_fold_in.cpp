#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "movrec/solve/bfm/bfm_posterior.hpp"
#include "solve/bfm/bfm_kernels.hpp"
#include "solve/common/ridge.hpp"

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

bool BfmPosterior::knows(UserIdx user) const {
  return tables_[kUser].known[static_cast<std::size_t>(user_rows_[index(user)])] != 0;
}

bool BfmPosterior::knows_facts() const {
  return std::ranges::any_of(facts_, [](const Fact& fact) { return fact.n > 0; });
}

std::vector<float> BfmPosterior::fold_in(std::span<const ItemIdx> items,
                                         std::span<const float> stars,
                                         const BfmFacts& facts) const {
  const std::size_t width = static_cast<std::size_t>(rank_) + 1;
  std::vector<float> folded(n_draws() * width);
#pragma omp parallel for schedule(dynamic, 1)
  for (std::size_t draw = 0; draw < n_draws(); ++draw)
    fold_in(draw, items, stars, facts, std::span(folded).subspan(draw * width, width));
  return folded;
}

void BfmPosterior::fold_in(std::size_t draw,
                           std::span<const ItemIdx> items,
                           std::span<const float> stars,
                           const BfmFacts& facts,
                           std::span<float> folded) const {
  const auto rank = static_cast<std::size_t>(rank_);
  const std::size_t n = items.size(), width = rank + 1;
  const auto row_of_item = [&](std::size_t k) {
    return static_cast<std::size_t>(item_rows_[index(items[k])]);
  };
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
  // What is known of the user: side features and the bag, as block rows have them.
  const float* const side = side_.data() + draw * width;
  std::vector<float> given(side, side + rank), bag(rank);
  float given_a = side[rank];
  for (std::size_t k = 0; k < facts_.size(); ++k) {
    const Fact& fact = facts_[k];
    const auto value = std::ranges::lower_bound(fact.of.values, facts[k]);
    if (value == fact.of.values.end() || *value != facts[k]) continue;
    // The feature takes the place of the family's mean.
    const auto j =
        static_cast<std::size_t>(fact.of.features[static_cast<std::size_t>(value - fact.of.values.begin())]);
    const float* const feature = fact.numbers.data() + (draw * fact.n + j) * width;
    const float* const mean = fact.means.data() + draw * width;
    given_a += feature[rank] - mean[rank];
    for (std::size_t f = 0; f < rank; ++f) {
      given_a += (feature[f] - mean[f]) * (given[f] - mean[f]);
      given[f] += feature[f] - mean[f];
    }
  }
  if (bag_.n > 0 && n > 0) {
    const float x = 1 / std::sqrt(static_cast<float>(n));
    float squares = 0;
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t at = draw * bag_.n + row_of_item(k);
      bfm::decode(bag_.codes.data() + at * rank, bag_.scales.data() + draw * rank, q);
      given_a += x * bag_.a[at];
      for (std::size_t f = 0; f < rank; ++f) {
        bag[f] += x * q[f];
        squares += x * x * q[f] * q[f];
      }
    }
    for (std::size_t f = 0; f < rank; ++f) {
      given_a += bag[f] * given[f] + 0.5F * bag[f] * bag[f];
      given[f] += bag[f];
    }
    given_a -= 0.5F * squares;
  }
  // With features of his own v and w, the user has q = v + given and a = w + v·given + given_a.
  const Table& table = tables_[kItem];
  RidgeSolver solver(width);
  float* row = solver.rows(n);
  std::vector<float> offsets(n);
  for (std::size_t k = 0; k < n; ++k, row += solver.stride()) {
    const std::size_t at = draw * table.n + row_of_item(k);
    bfm::decode(table.codes.data() + at * rank, table.scales.data() + draw * rank, q);
    offsets[k] = base + table.a[at] + given_a;
    for (std::size_t f = 0; f < rank; ++f) {
      offsets[k] += context[f] * q[f] + given[f] * (q[f] + context[f]);
      row[f] = q[f] + context[f] + given[f];
    }
    row[rank] = 1;
  }
  std::vector<float> own(width);
  if (!own_mean_.empty()) solve_own(draw, stars, solver, offsets, own);
  folded[rank] = own[rank] + given_a;
  for (std::size_t f = 0; f < rank; ++f) {
    folded[f] = own[f] + given[f];
    folded[rank] += own[f] * given[f];
  }
}

void BfmPosterior::solve_own(std::size_t draw,
                             std::span<const float> stars,
                             RidgeSolver& solver,
                             std::span<const float> offsets,
                             std::span<float> own) const {
  const std::size_t n = stars.size(), width = own.size();
  const std::span<const float> mean(own_mean_.data() + draw * width, width),
      variance(own_variance_.data() + draw * width, width);
  const float noise = levels_.empty() ? noise_[draw] * noise_[draw] : 1.F;
  std::vector<float> penalty(width), targets(n);
  for (std::size_t f = 0; f < width; ++f) penalty[f] = noise / std::max(variance[f], 1e-12F);
  std::ranges::copy(mean, own.begin());
  if (n == 0) return;
  if (levels_.empty()) {
    for (std::size_t k = 0; k < n; ++k) targets[k] = stars[k] - offsets[k];
    solver.solve(targets, penalty, mean, own);
    return;
  }
  const std::size_t n_cuts = levels_.size() - 1;
  const float* const cuts = cuts_.data() + draw * n_cuts;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (int turn = 0; turn < kTurns; ++turn) {
    for (std::size_t k = 0; k < n; ++k) {
      const float* const x = solver.row(k);
      float score = offsets[k];
      for (std::size_t f = 0; f < width; ++f) score += x[f] * own[f];
      const auto nearest =
          std::ranges::min_element(levels_, {}, [&](float level) { return std::abs(level - stars[k]); });
      const auto level = static_cast<std::size_t>(nearest - levels_.begin());
      const double low = level > 0 ? static_cast<double>(cuts[level - 1]) : -kInfinity,
                   high = level < n_cuts ? static_cast<double>(cuts[level]) : kInfinity;
      targets[k] = static_cast<float>(truncated_mean(static_cast<double>(score), low, high)) - offsets[k];
    }
    solver.solve(targets, penalty, mean, own);
  }
}

}  // namespace movrec
