#pragma once

#include <cstdint>
#include <vector>

#include "movrec/data/ratings.hpp"
#include "movrec/solve/common/bias.hpp"
#include "movrec/solve/common/descent.hpp"

namespace movrec {

/// stars(u, i) = mean + user_bias[u] + item_bias[i] + user_factors[u] · item_factors[i], where user_factors
/// hold all of z_u = p_u + |N(u)|^-½ Σ_{j ∈ N(u)} y_j. Rows without ratings are 0.
struct SvdppTables {
  double mean = 0;
  std::vector<float> user_factors, item_factors, implicit_factors;  ///< z, q, y: [n, dim]
  std::vector<float> user_bias, item_bias;                          ///< [n]
};

struct SvdppShape {
  std::size_t dim = 64;
  double init_std = 0.03;    ///< of p and q; y starts at 0
  double l2 = 0.08;          ///< per rating, on everything but y
  double implicit_l2 = 0.3;  ///< per rating, on y
};

/// SVD++ (Koren, "Factorization meets the neighborhood", 2008, eq. 15) by stochastic gradient descent: what a
/// user has rated, N(u), says something about him beside how he rated it. With e = r - prediction,
///
///     p_u += lr (e q_i - l2 p_u),  q_i += lr (e z_u - c_i l2 q_i),  b += lr (e - l2 b),
///     y_j += lr (e |N(u)|^-½ q_i - l2_y / |N(u)| y_j) for all j ∈ N(u)
///
/// where c_i = (mean ratings of an item / its own)^¼ holds rarely rated items back. A user's ratings are
/// visited together, one after another: p_u and the sum of y move at once, while q_i and y_j, which he visits
/// once, get what it adds up to afterwards. So an epoch takes time O(ratings · dim).
///
/// A step is a batch of users, a kBatches-th of all ratings, side by side; then all items that they rated,
/// side by side, each taking its users in order. Both only write to what is their own: the result is the same
/// to the bit at any thread count. loss() is the mean squared error.
class Svdpp : public Descent<struct SvdppImpl> {
 public:
  static constexpr int kBatches = 128;

  /// p and q start from N(0, init_std²), y from 0, biases from `start`.
  Svdpp(const Ratings& train, const Biases& start, const SvdppShape&, std::uint64_t seed);

  SvdppTables tables() const;
};

}  // namespace movrec
