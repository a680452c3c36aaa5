#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "movrec/data/ratings.hpp"
#include "movrec/solve/common/descent.hpp"

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
/// by side; j is drawn from the stripe of i. So the result is the same to the bit at any thread count. loss()
/// is the mean of -ln σ.
class Bpr : public Descent<struct BprImpl> {
 public:
  /// Pairs with less than `min_stars` do not count, repeated ones count once. Factors start from
  /// N(0, init_std²).
  Bpr(const Ratings& train, double min_stars, const BprShape&, std::uint64_t seed);

  int steps_per_epoch() const;
  BprTables tables() const;
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
