#include "solve/bfm/bfm_block.hpp"

#include <algorithm>
#include <cmath>

namespace movrec::bfm {
namespace {

constexpr float kFirstFactors = 0.1F;  ///< standard deviation
constexpr std::uint32_t kFirstSweep = 0;

template <class T>
std::span<T> row_of(std::vector<T>& values, std::size_t row, std::size_t width) {
  return {values.data() + row * width, width};
}

/// A group's features by row: [features, rank] from [rank, features].
std::vector<float> by_feature(const GroupState& state, std::size_t rank) {
  const std::size_t n = state.w.size();
  std::vector<float> out(n * rank);
  for (std::size_t f = 0; f < rank; ++f)
    for (std::size_t j = 0; j < n; ++j) out[j * rank + f] = state.v[f * n + j];
  return out;
}

std::vector<float> sum_by_feature(const BfmGroup& group, std::span<const float> by_row) {
  std::vector<float> sums(group.n_features());
  for (std::size_t j = 0; j < sums.size(); ++j) {
    double sum = 0;
    for (std::uint32_t k = group.feature_begin[j]; k < group.feature_begin[j + 1]; ++k)
      sum += static_cast<double>(by_row[group.rows[k]]);
    sums[j] = static_cast<float>(sum);
  }
  return sums;
}

Prior draw_prior(std::span<const float> values, RandomStream& random) {
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const float x : values) sum += static_cast<double>(x);
  const double mean = sum / n;
  for (const float x : values) squares += std::pow(static_cast<double>(x) - mean, 2);
  const double precision = draw_gamma(random, (1 + n) / 2, (1 + squares + n * mean * mean / (1 + n)) / 2);
  const double drawn_mean = sum / (1 + n) + random.normal() / std::sqrt(precision * (1 + n));
  return {static_cast<float>(drawn_mean), static_cast<float>(precision), 1};
}

}  // namespace

double draw_gamma(RandomStream& random, double shape, double rate) {
  if (shape < 1) return draw_gamma(random, shape + 1, rate) * std::pow(1 - random.uniform(), 1 / shape);
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = random.normal(), root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(1 - random.uniform()) < 0.5 * x * x + d * (1 - v + std::log(v))) return d * v / rate;
  }
}

BlockState::BlockState(const BfmBlock& block, int rank, std::uint32_t first_group, std::uint64_t seed)
    : block_(block), rank_(rank), state_(block.n_rows), scaled_(block.n_rows), changes_(block.n_rows) {
  for (const BfmGroup& group : block.groups) {
    GroupState state{.group = &group, .number = first_group++, .w = std::vector<float>(group.n_features())};
    for (std::size_t row = 0; row < block.n_rows; ++row) {
      const float x2 = group.weight[row] * group.weight[row];
      state.counts2.push_back(block.counts[row] * x2);
      state.counts4.push_back(block.counts[row] * x2 * x2);
    }
    state.feature_counts2 = sum_by_feature(group, state.counts2);
    state.feature_counts4 = sum_by_feature(group, state.counts4);
    state.v.resize(group.n_features() * static_cast<std::size_t>(rank));
    RandomStream random(mix_seed(seed, state.number), 0);
    for (float& v : state.v) v = kFirstFactors * static_cast<float>(random.normal());
    state.priors.assign(1 + static_cast<std::size_t>(rank), {0, 1 / (kFirstFactors * kFirstFactors), 1});
    state.priors[0].precision = 1;
    groups_.push_back(std::move(state));
  }
}

void BlockState::sample_priors(RandomStream& random) {
  for (GroupState& state : groups_) {
    const std::size_t n = state.w.size();
    state.priors[0] = draw_prior(state.w, random);
    for (std::size_t f = 0; f < static_cast<std::size_t>(rank_); ++f)
      state.priors[1 + f] = draw_prior(row_of(state.v, f, n), random);
  }
}

std::span<const float> BlockState::normals(const GroupState& state, int factor, SweepKey key) {
  noise_.resize(state.w.size());
  fill_normals({key.key, key.sweep, purpose_of(state.number, factor)}, 0, noise_);
  return noise_;
}

void BlockState::sample_factor(int factor,
                               double noise_precision,
                               SweepKey key,
                               std::span<const Float4> sums) {
  float* const q = q_.data() + static_cast<std::size_t>(factor) * n_rows();
  const std::vector<float>& counts = block_.counts;
  for (std::size_t row = 0; row < n_rows(); ++row) {
    const float n = counts[row], s1 = sums[row][0], s2 = sums[row][1], se = sums[row][2], ser = sums[row][3];
    const float squares = s2 + q[row] * (2 * s1 + n * q[row]);
    state_[row] = Float4{se, s1 + n * q[row], squares + se, ser + q[row] * se};
  }
  for (GroupState& state : groups_) {
    const BfmGroup& group = *state.group;
    const std::size_t n = state.w.size();
    Prior prior = state.priors[1 + static_cast<std::size_t>(factor)];
    prior.noise_precision = static_cast<float>(noise_precision);
    if (!group.is_unit)
      for (std::size_t row = 0; row < n_rows(); ++row) {
        const float x = group.weight[row], x2 = x * x;
        scaled_[row] = state_[row] * Float4{x2, x2 * x, x2, x};
      }
    sample_factors(group.feature_begin, group.rows, state.counts4, state.feature_counts4,
                   normals(state, factor, key), prior, group.is_unit ? state_.data() : scaled_.data(),
                   state.v.data() + static_cast<std::size_t>(factor) * n);
    if (!group.is_unit)
      for (std::size_t row = 0; row < n_rows(); ++row) {
        if (group.weight[row] == 0) continue;
        const float x = 1 / group.weight[row], x2 = x * x;
        state_[row] = scaled_[row] * Float4{x2, x2 * x, x2, x};
      }
  }
  for (std::size_t row = 0; row < n_rows(); ++row) {
    changes_[row] = {0, 0};
    if (counts[row] == 0) continue;
    const float s1 = sums[row][0];
    const float now = (state_[row][kP] - s1) / counts[row];
    const float dq = now - q[row];
    changes_[row] = {dq, (state_[row][kE] - sums[row][2] - dq * s1) / counts[row]};
    q[row] = now;
  }
}

void BlockState::sample_weights(double noise_precision, SweepKey key, std::span<const Float4> sums) {
  std::vector<float> sum_e(n_rows());
  for (std::size_t row = 0; row < n_rows(); ++row) sum_e[row] = sums[row][2];
  weighted_.resize(n_rows());
  for (GroupState& state : groups_) {
    const BfmGroup& group = *state.group;
    Prior prior = state.priors[0];
    prior.noise_precision = static_cast<float>(noise_precision);
    for (std::size_t row = 0; row < n_rows(); ++row) weighted_[row] = sum_e[row] * group.weight[row];
    bfm::sample_weights(group.feature_begin, group.rows, state.counts2, state.feature_counts2,
                        normals(state, -1, key), prior, weighted_.data(), state.w.data());
    for (std::size_t row = 0; row < n_rows(); ++row)
      if (group.weight[row] != 0) sum_e[row] = weighted_[row] / group.weight[row];
  }
  for (std::size_t row = 0; row < n_rows(); ++row)
    changes_[row] = {0, block_.counts[row] == 0 ? 0 : (sum_e[row] - sums[row][2]) / block_.counts[row]};
}

/// Adds to q Σ v x, to a Σ w x, and to squares Σ v² x² of the group's features.
void BlockState::add_group(const GroupState& state,
                           BfmTable& table,
                           std::vector<float>& squares,
                           int threads) const {
  const BfmGroup& group = *state.group;
  const auto rank = static_cast<std::size_t>(rank_);
  const std::vector<float> factors = by_feature(state, rank);
  std::vector<float> norms(state.w.size());
  for (std::size_t j = 0; j < norms.size(); ++j)
    for (std::size_t f = 0; f < rank; ++f) norms[j] += factors[j * rank + f] * factors[j * rank + f];
#pragma omp parallel for num_threads(threads) schedule(dynamic, 256)
  for (std::size_t row = 0; row < n_rows(); ++row) {
    const std::span<const std::uint32_t> features(group.features.data() + group.row_begin[row],
                                                  group.row_begin[row + 1] - group.row_begin[row]);
    combine_features(features, rank, group.weight[row], factors.data(), norms.data(), state.w.data(),
                     table.q.data() + row * rank, &table.a[row], &squares[row]);
  }
}

void BlockState::combine(int threads) {
  const auto rank = static_cast<std::size_t>(rank_);
  table_.q.assign(n_rows() * rank, 0);
  table_.a.assign(n_rows(), 0);
  std::vector<float> squares(n_rows());
  for (const GroupState& state : groups_) add_group(state, table_, squares, threads);
  q_.resize(table_.q.size());
  for (std::size_t row = 0; row < n_rows(); ++row) {
    float norm = 0;
    for (std::size_t f = 0; f < rank; ++f) {
      const float q = table_.q[row * rank + f];
      q_[f * n_rows() + row] = q;
      norm += q * q;
    }
    table_.a[row] += 0.5F * (norm - squares[row]);
  }
}

BfmTable BlockState::side_table() const {
  const auto rank = static_cast<std::size_t>(rank_);
  BfmTable side{std::vector<float>(n_rows() * rank), std::vector<float>(n_rows())};
  std::vector<float> squares(n_rows());
  for (const GroupState& state : groups_)
    if (state.group->is_side) add_group(state, side, squares, 1);
  for (std::size_t row = 0; row < n_rows(); ++row) {
    float norm = 0;
    for (const float q : row_of(side.q, row, rank)) norm += q * q;
    side.a[row] += 0.5F * (norm - squares[row]);
  }
  return side;
}

std::vector<double> BlockState::mean_of_known(const BfmTable& table) const {
  const auto rank = static_cast<std::size_t>(rank_);
  std::vector<double> mean(rank + 1);
  double n_known = 0;
  for (std::size_t row = 0; row < n_rows(); ++row) {
    if (block_.counts[row] == 0) continue;
    ++n_known;
    for (std::size_t f = 0; f < rank; ++f) mean[f] += static_cast<double>(table.q[row * rank + f]);
    mean[rank] += static_cast<double>(table.a[row]);
  }
  for (double& x : mean) x /= std::max(n_known, 1.0);
  return mean;
}

BfmTable BlockState::served_table() const {
  BfmTable out = table_;
  if (std::ranges::find(block_.counts, 0.F) == block_.counts.end()) return out;
  const auto rank = static_cast<std::size_t>(rank_);
  const BfmTable side = side_table();
  const std::vector<double> all = mean_of_known(table_), of_side = mean_of_known(side);
  for (std::size_t row = 0; row < n_rows(); ++row) {
    if (block_.counts[row] != 0) continue;
    double a = all[rank] + static_cast<double>(side.a[row]) - of_side[rank];
    for (std::size_t f = 0; f < rank; ++f) {
      const double own = static_cast<double>(side.q[row * rank + f]) - of_side[f];
      a += own * (all[f] - of_side[f]);
      out.q[row * rank + f] = static_cast<float>(all[f] + own);
    }
    out.a[row] = static_cast<float>(a);
  }
  return out;
}

BfmTable BlockState::feature_table(std::size_t group) const {
  return {by_feature(groups_[group], static_cast<std::size_t>(rank_)), groups_[group].w};
}

BfmNewcomer BlockState::newcomer() const {
  const auto rank = static_cast<std::size_t>(rank_);
  BfmNewcomer out;
  out.fact_means = {std::vector<float>(kBfmFacts.size() * rank), std::vector<float>(kBfmFacts.size())};
  out.side = {std::vector<float>(rank), std::vector<float>(1)};
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const BfmGroup& group = *groups_[g].group;
    if (group.name == "user") out.own = feature_table(g);
    if (group.name == "implicit-user") out.bag = feature_table(g);
    if (!group.is_side) continue;
    const std::vector<float> mean = mean_of_known(groups_[g]);
    for (std::size_t f = 0; f < rank; ++f) {
      out.side.a[0] += out.side.q[f] * mean[f];
      out.side.q[f] += mean[f];
    }
    out.side.a[0] += mean[rank];
    const auto fact = static_cast<std::size_t>(std::ranges::find(kBfmFacts, group.name) - kBfmFacts.begin());
    if (fact == kBfmFacts.size()) continue;
    out.facts[fact] = feature_table(g);
    std::copy_n(mean.begin(), rank, out.fact_means.q.begin() + static_cast<std::ptrdiff_t>(fact * rank));
    out.fact_means.a[fact] = mean[rank];
  }
  return out;
}

std::vector<float> BlockState::mean_of_known(const GroupState& state) const {
  const auto rank = static_cast<std::size_t>(rank_);
  const BfmGroup& group = *state.group;
  const std::vector<float> factors = by_feature(state, rank);
  std::vector<double> sums(rank + 1);
  double n_known = 0;
  for (std::size_t row = 0; row < n_rows(); ++row) {
    if (block_.counts[row] == 0) continue;
    ++n_known;
    for (std::uint32_t k = group.row_begin[row]; k < group.row_begin[row + 1]; ++k) {
      const std::size_t j = group.features[k];
      const auto x = static_cast<double>(group.weight[row]);
      for (std::size_t f = 0; f < rank; ++f) sums[f] += x * static_cast<double>(factors[j * rank + f]);
      sums[rank] += x * static_cast<double>(state.w[j]);
    }
  }
  std::vector<float> mean;
  for (const double sum : sums) mean.push_back(static_cast<float>(sum / std::max(n_known, 1.0)));
  return mean;
}

std::int64_t BlockState::n_parameters() const {
  std::int64_t n = 0;
  for (const GroupState& state : groups_) n += std::ssize(state.w) + std::ssize(state.v);
  return n;
}

void BlockState::save(StateDict& state, const std::string& prefix) const {
  for (const GroupState& group : groups_) {
    const std::string name = prefix + group.group->name;
    state.set(name + ".w", group.w);
    state.set(name + ".v", group.v, rank_);
  }
}

void BlockState::load(const StateDict& state, const std::string& prefix) {
  for (GroupState& group : groups_) {
    const std::string name = prefix + group.group->name;
    state.copy(name + ".w", group.w);
    state.copy(name + ".v", group.v);
  }
  combine(1);
}

}  // namespace movrec::bfm
