#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "movrec/core/state_dict.hpp"
#include "movrec/data/ratings.hpp"

namespace movrec {

struct BprShape {
  std::size_t dim = 64;
  double init_std = 0.1;
  double l2 = 0.01;
};

struct BprTables {
  std::vector<float> user_factors, item_factors;  ///< [n, dim]
  std::vector<float> item_bias;                   ///< [n_items]
};

/// Matrix factorization for Bayesian personalized ranking (Rendle et al., UAI 2009, section 4.3.1): scores
/// x_ui = p_u·q_i + b_i such that a user's item i comes before another, j. A step of stochastic gradient
/// descent on ln σ(x_ui - x_uj) - l2 (|p_u|² + |q_i|² + |q_j|² + b_i² + b_j²) / 2 for each positive pair,
/// with j drawn evenly from the items that the user does not have.
///
/// As in MfSgd users and items are dealt into stripes, anew each epoch, and blocks that share neither go side
/// by side; j is drawn from the stripe of i. So the result is the same to the bit at any thread count.
class Bpr {
 public:
  /// Pairs with less than `min_stars` do not count, repeated ones count once. Factors start from
  /// N(0, init_std²).
  Bpr(const Ratings& train, double min_stars, const BprShape&, std::uint64_t seed);
  ~Bpr();
  Bpr(Bpr&&) noexcept;

  void step(double lr);
  std::int64_t steps() const;  ///< done so far
  int steps_per_epoch() const;
  double loss() const;  ///< mean of -ln σ of the epoch's pairs so far, each before its update
  BprTables tables() const;

  StateDict state() const;
  /// Goes on from an earlier state(), bit by bit. Error{model}.
  void load(const StateDict&);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Factors of users that were not trained on: Bpr's steps from 0 with the items held, for some epochs over
/// the user's pairs. A function of items and options alone.
class BprFoldIn {
 public:
  struct Steps {
    int epochs = 20;
    double lr = 0.05;  ///< of the first epoch; falls to 0 in a line
    std::uint64_t seed = 1;
  };
  BprFoldIn(std::span<const float> item_factors,
            std::span<const float> item_bias,
            const BprShape&,
            const Steps&);

  /// Of a user with these items, ascending, each once: fills factors [dim]. May be called from several
  /// threads.
  void solve(std::span<const std::int32_t> items, std::span<float> factors) const;

 private:
  BprShape shape_;
  Steps steps_;
  std::size_t dim_;             ///< padded
  std::vector<float> factors_;  ///< [n_items, dim padded]
  std::vector<float> bias_;
};

}  // namespace movrec
