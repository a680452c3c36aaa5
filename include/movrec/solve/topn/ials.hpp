#pragma once

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
};

/// Implicit matrix factorization (Hu, Koren and Volinsky, ICDM 2008) with the penalty by frequency of Rendle
/// et al., "Revisiting the performance of iALS on item recommendation benchmarks", RecSys 2022, eq. 3-5: over
/// the pairs S of users and their items, of |U| users and |I| items,
///
///     Σ_S (1 - p_u·q_i)² + α0 Σ_{u,i} (p_u·q_i)² + λ (Σ_u (|S_u| + α0 |I|) |p_u|² + Σ_i (|S_i| + α0 |U|)
///     |q_i|²)
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

  /// Of a user with these items, each once: fills factors [dim]. May be called from several threads.
  void solve(std::span<const std::int32_t> items, std::span<float> factors) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace movrec
