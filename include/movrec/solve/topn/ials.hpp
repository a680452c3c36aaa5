#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "movrec/core/state_dict.hpp"
#include "movrec/data/ratings.hpp"

namespace movrec {

/// What implicit alternating least squares minimizes; see Ials.
struct IalsShape {
  std::size_t dim = 64;
  std::size_t block = 0;  ///< factors that are solved for at once; 0: all up to 256, else 128
  double alpha = 0.1;     ///< α0
  double l2 = 0.003;      ///< λ
  double confidence = 0;  ///< C

  /// w_ui of a pair with that count or so many stars. Below 1, of which the logarithm would take away, as at 1.
  float weight(float count) const {
    return static_cast<float>(1 + std::max(confidence, 0.0) *
                                      std::log(std::max(static_cast<double>(count), 1.0)));
  }
};

/// Implicit matrix factorization (Hu, Koren and Volinsky, ICDM 2008) with the penalty by frequency of Rendle
/// et al., "Revisiting the performance of iALS on item recommendation benchmarks", RecSys 2022, eq. 3-5: over
/// the pairs S of users and their items, of |U| users and |I| items,
///
///     Σ_S w_ui (1 - p_u·q_i)² + α0 Σ_{u,i} (p_u·q_i)² + λ (Σ_u (w_u + α0 |I|) |p_u|² + Σ_i (w_i + α0 |U|)
///     |q_i|²)
///
/// A pair of count r weighs w_ui = 1 + C ln r: the confidence of Hu, Koren and Volinsky, eq. 6, who grow it by
/// the logarithm of the count, in units of what is seen once, which weighs 1 whatever C is. w_u = Σ w_ui of the
/// user's pairs takes the place of their number |S_u|, which it is where C = 0: a pair of weight 2 counts as
/// two pairs do, in the errors and in the penalty.
///
/// A step solves for all items or all users, in this order, so that a trained user's factors are those that
/// the items and his list give (IalsFoldIn). Where dim is larger than a block, a step solves for one block of
/// factors with the others held (iALS++: Rendle et al., arXiv:2110.14044, algorithm 2).
///
/// A row's update reads the other side only: the same to the bit at any thread count.
class Ials {
 public:
  /// Pairs with less than `min_stars` do not count, repeated ones count once. Factors start from
  /// N(0, 0.1² / dim).
  Ials(const Ratings& train, double min_stars, const IalsShape&, std::uint64_t seed);
  ~Ials();
  Ials(Ials&&) noexcept;

  /// Error{failure} if the equations have no solution.
  void step();
  std::int64_t steps() const;  ///< done so far
  int steps_per_epoch() const;
  double loss() const;  ///< the objective per pair after the last step for users, 0 before
  std::vector<float> user_factors() const;  ///< [n_users, dim]; 0 for those without pairs
  std::vector<float> item_factors() const;  ///< [n_items, dim]

  StateDict state() const;
  /// Goes on from an earlier state(), bit by bit. Error{model}.
  void load(const StateDict&);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Factors of users that were not trained on, with the items' held: those of a step for users, or where dim
/// is larger than a block, of eight passes over all blocks from 0.
class IalsFoldIn {
 public:
  IalsFoldIn(std::span<const float> item_factors, const IalsShape&);
  ~IalsFoldIn();

  /// Of a user with these items, each once, and their counts or stars: fills factors [dim]. May be called from
  /// several threads.
  void solve(std::span<const std::int32_t> items,
             std::span<const float> counts,
             std::span<float> factors) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace movrec
