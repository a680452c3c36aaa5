#include "movrec/solve/mf/mf_fold_in.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "kernels/padded.hpp"
#include "solve/mf/mf_als_row.hpp"

namespace movrec {
namespace {

/// The weight of a user's ratings and his factors depend on each other: so many turns.
constexpr int kTurns = 4;

}  // namespace

void MfPrior::save(StateDict& state) const {
  state.set("prior.variance", variance);
  state.set("prior.weight", weight);
  state.set("prior.link", link);
  state.set("prior.intercept", intercept);
  state.set("prior.precision", precision);
  state.set("prior.numbers", std::array{bias_mean, bias_precision, noise});
}

bool MfPrior::stands_in(const StateDict& state) {
  return state.contains("prior.numbers");
}

MfPrior MfPrior::of(const StateDict& state, std::size_t n_items, std::size_t dim) {
  const auto numbers = state.values<double>("prior.numbers", 3);
  return {.variance = state.list<float>("prior.variance", n_items * dim),
          .weight = state.list<float>("prior.weight", n_items),
          .link = state.list<float>("prior.link", n_items * dim),
          .intercept = state.list<float>("prior.intercept", dim),
          .precision = state.list<double>("prior.precision", dim),
          .bias_mean = numbers[0],
          .bias_precision = numbers[1],
          .noise = numbers[2]};
}

MfAlsFoldIn::MfAlsFoldIn(
    const MfTables& tables, MfPrior prior, const MfShape& shape, const MfAlsOptions& options, double mean)
    : shape_(shape),
      dim_(padded(shape.dim)),
      noise_damping_(options.noise_damping),
      offset_(shape.global_mean ? static_cast<float>(mean) : 0.F),
      prior_(std::move(prior)),
      factors_(with_padding(tables.item_factors, shape.dim, dim_)),
      bias_(tables.item_bias) {
  prior_.variance = with_padding(prior_.variance, shape.dim, dim_);
  prior_.link = with_padding(prior_.link, shape.dim, dim_);
  prior_.intercept.resize(dim_);
  prior_.precision.resize(dim_, 1.0);
  bias_.resize(factors_.size() / dim_);
}

void MfAlsFoldIn::solve(const History& history, std::span<float> out) const {
  std::vector<std::int32_t> items;
  for (const ItemIdx item : history.items) items.push_back(number(item));
  AlsWorkspace work(dim_);
  std::vector<float> prior(dim_), mean(dim_), variance(dim_);
  sum_rows(prior_.link.data(), items, dim_, prior.data());
  const float scale = items.empty() ? 0.F : 1 / std::sqrt(static_cast<float>(items.size()));
  for (std::size_t f = 0; f < dim_; ++f) prior[f] = prior_.intercept[f] + scale * prior[f];
  const AlsProblem problem{
      .other = {factors_.data(), prior_.variance.data(), bias_.data(), prior_.weight.data(), dim_},
      .others = items,
      .stars = history.stars,
      .offset = offset_,
      .dim = shape_.dim,
      .precision = prior_.precision.data(),
      .prior = prior.data(),
      .has_bias = shape_.biases,
      .bias_mean = prior_.bias_mean,
      .bias_precision = prior_.bias_precision,
      .noise = prior_.noise,
      .noise_damping = noise_damping_};
  AlsRow row{.mean = mean.data(), .variance = variance.data()};
  for (int turn = 0; turn < kTurns; ++turn)
    if (!std::isfinite(solve_als_row(problem, row, work).loss)) {
      mean = prior;
      row.bias = static_cast<float>(prior_.bias_mean);
      break;
    }
  if (shape_.biases) out[0] = row.bias;
  std::copy_n(mean.begin(), shape_.dim, out.begin() + (shape_.biases ? 1 : 0));
}

}  // namespace movrec
