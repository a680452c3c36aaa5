#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "movrec/core/state_dict.hpp"
#include "movrec/data/ratings.hpp"
#include "movrec/solve/common/bias.hpp"
#include "movrec/solve/mf/mf_options.hpp"

namespace movrec {

/// stars(u, i) = mean + user_bias[u] + item_bias[i] + user_factors[u] · item_factors[i].
struct MfTables {
  std::vector<float> user_factors, item_factors;  ///< [n, dim]
  std::vector<float> user_bias, item_bias;        ///< [n]; empty without biases
};

/// All that the equations of a new user hold beside the items' factors and biases.
struct MfPrior {
  std::vector<float> variance, weight;  ///< of the items: [n_items, dim], [n_items]
  std::vector<float> link, intercept;   ///< of the users' bag prior: [n_items, dim], [dim]
  std::vector<double> precision;        ///< [dim], of the users' factors
  double bias_mean = 0, bias_precision = 0;
  double noise = 1;  ///< precision of a rating, in 1/stars²

  void save(StateDict&) const;
  /// Error{model}.
  static MfPrior of(const StateDict&, std::size_t n_items, std::size_t dim);
  /// Whether a checkpoint has one.
  static bool stands_in(const StateDict&);
};

struct MfShape {
  std::size_t dim = 16;
  bool biases = true;
  bool global_mean = true;  ///< whether the mean of the training stars is added
};

/// Matrix factorization by alternating least squares in its Bayesian form: each user's and each item's
/// factors have a normal posterior with a diagonal covariance, and an update counts the other side's
/// uncertainty (Lim and Teh, "Variational Bayesian approach to movie rating prediction", 2007; fully
/// factorized as Raiko, Ilin and Karhunen, "Principal component analysis for large scale problems with lots
/// of missing values", 2007). With precision t = noise · w_u, and w_i of the items:
///
///     A_u = Λ + t Σ_i w_i (q_i q_iᵀ + diag(v_i)),   p_u = A_u⁻¹ (Λ m_u + t Σ_i w_i (r_ui - b_i) q_i)
///
/// jointly with the user's bias. All there is to tune is learned: Λ per factor, the noise, and a weight w for
/// each user and item, whose ratings may be less to rely on than others' (Lakshminarayanan, Bouchard and
/// Archambeau, "Robust Bayesian matrix factorisation", 2011). m_u is the bag prior of solve/mf/bag_prior.hpp.
///
/// A row's update reads the other side only, so that results are the same to the bit at any thread count. An
/// epoch is two steps: all users, then all items.
class MfAls {
 public:
  /// Factors start from N(0, 0.1²) and biases from `start`; without biases two of the factors start as them.
  /// `train` must outlive this.
  MfAls(const Ratings& train, const Biases& start, const MfShape&, const MfAlsOptions&, std::uint64_t seed);
  ~MfAls();
  MfAls(MfAls&&) noexcept;

  /// After a stop nothing of it: the state is as before, and steps() too.
  void step();
  std::int64_t steps() const;  ///< done so far
  double loss() const;  ///< mean squared error of the last item step's ratings, each before its update;
                        ///< not finite where the equations had no solution
  MfTables tables() const;
  MfPrior prior() const;

  StateDict state() const;
  /// Goes on from an earlier state(), bit by bit. Error{model}.
  void load(const StateDict&);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace movrec
