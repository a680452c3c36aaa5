#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "movrec/core/random.hpp"
#include "movrec/core/state_dict.hpp"
#include "movrec/solve/bfm/bfm.hpp"
#include "solve/bfm/bfm_kernels.hpp"

namespace movrec::bfm {

/// The streams of a chain's random numbers.
enum Stream : std::uint64_t { kStart = 1, kHyper = 2, kKey = 3, kCuts = 4 };
inline std::uint64_t chain_seed(std::uint64_t seed, int chain) {
  return mix_seed(seed, static_cast<std::uint64_t>(chain));
}

/// Where the many random numbers of a sweep come from.
struct SweepKey {
  std::array<std::uint32_t, 2> key;
  std::uint32_t sweep;
};
inline SweepKey sweep_key(std::uint64_t chain_seed, int sweep) {
  const std::uint64_t key = mix_seed(chain_seed, kKey);
  return {{static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)},
          static_cast<std::uint32_t>(sweep)};
}

/// The Draw::purpose of latent values, and of the features of a group for a factor (-1: linear weights).
inline constexpr std::uint32_t kTargets = 0xffffffff;
inline std::uint32_t purpose_of(std::uint32_t group, int factor) {
  return group << 16 | static_cast<std::uint32_t>(factor + 1);
}

/// The weights and factors of one group's features, and their priors.
struct GroupState {
  const BfmGroup* group;
  std::uint32_t number;                     ///< among all groups of all blocks
  std::vector<float> w;                     ///< [features]
  std::vector<float> v{};                   ///< [rank, features]
  std::vector<Prior> priors{};              ///< of w, then of each factor; noise_precision is not in use
  std::vector<float> counts2{}, counts4{};  ///< training rows times weight^2 (^4), by block row
  std::vector<float> feature_counts2{}, feature_counts4{};  ///< their sums by feature
};

/// A relation block while it is sampled.
class BlockState {
 public:
  BlockState(const BfmBlock&, int rank, std::uint32_t first_group, std::uint64_t seed);

  std::size_t n_rows() const { return block_.n_rows; }
  bool empty() const { return groups_.empty(); }

  /// Draws each prior's precision with the mean integrated out, then the mean, given the group's weights or
  /// factors: λ ~ Gamma((1 + n) / 2, (1 + Σ(θ - θ̄)² + n θ̄² / (1 + n)) / 2), μ ~ N(n θ̄ / (1 + n), 1 / (λ (1 +
  /// n))). In the first sweep they keep their start, since all weights are still 0.
  void sample_priors(RandomStream&);

  /// `sums` is Σr, Σr², Σe, Σe·r of each block row, with r what the other blocks add to q_f. Afterwards
  /// changes() is what the block's new factors change.
  void sample_factor(int factor, double noise_precision, SweepKey, std::span<const Float4> sums);
  /// The same for the linear weights.
  void sample_weights(double noise_precision, SweepKey, std::span<const Float4> sums);
  std::span<const Change> changes() const { return changes_; }

  /// q_f of the factor that was sampled last, or will be next; by block row.
  std::span<const float> q(int factor) const {
    return {q_.data() + static_cast<std::size_t>(factor) * n_rows(), n_rows()};
  }

  /// Sets table() and q() from weights and factors.
  void combine(int threads);
  const BfmTable& table() const { return table_; }
  /// table(), where rows without training ratings have the mean of the others in place of features of their
  /// own, beside their own side features.
  BfmTable served_table() const;
  /// The part of table() that the n-th group makes alone, by feature.
  BfmTable feature_table(std::size_t group) const;
  /// Of the users' block.
  BfmNewcomer newcomer() const;

  std::int64_t n_parameters() const;
  void save(StateDict&, const std::string& prefix) const;
  void load(const StateDict&, const std::string& prefix);

 private:
  std::span<const float> normals(const GroupState&, int factor, SweepKey);
  void start_factor(std::span<const float> q, std::span<const Float4> sums);
  /// The part of table() that side features make alone.
  BfmTable side_table() const;
  /// Means over rows with training ratings, [rank + 1]: q, then a.
  std::vector<double> mean_of_known(const BfmTable&) const;
  /// The same of what one group's features add: v, then w.
  std::vector<float> mean_of_known(const GroupState&) const;
  void add_group(const GroupState&, BfmTable&, std::vector<float>& squares, int threads) const;

  const BfmBlock& block_;
  int rank_;
  std::vector<GroupState> groups_;
  BfmTable table_;
  std::vector<float> q_;  ///< [rank, rows]
  std::vector<Float4> state_, scaled_;
  std::vector<float> weighted_, noise_;
  std::vector<Change> changes_;
};

/// Gamma(shape, rate) (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000), shape >=
/// 1/2.
double draw_gamma(RandomStream&, double shape, double rate);

}  // namespace movrec::bfm
