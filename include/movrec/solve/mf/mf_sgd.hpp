#pragma once

#include <cstdint>

#include "movrec/data/ratings.hpp"
#include "movrec/solve/common/bias.hpp"
#include "movrec/solve/common/descent.hpp"
#include "movrec/solve/mf/mf_als.hpp"

namespace movrec {

/// Matrix factorization by stochastic gradient descent, one rating after another (Koren, Bell and Volinsky,
/// "Matrix factorization techniques for recommender systems", 2009): with e = r - prediction
///
///     p_u += lr (e q_i - l2 p_u),  q_i += lr (e p_u - l2 q_i),  b += lr (e - l2 b)
///
/// Users and items are dealt at random into kStripes stripes each; a step takes kStripes blocks of the rating
/// matrix of which no two share a user or an item, side by side (Gemulla et al., "Large-scale matrix
/// factorization with distributed stochastic gradient descent", 2011), so that threads neither wait nor
/// collide and the result is the same to the bit however many there are. An epoch is kStripes steps. loss() is the
/// mean squared error.
class MfSgd : public Descent<struct MfSgdImpl> {
 public:
  static constexpr int kStripes = 16;

  /// Factors start from N(0, init_std²), biases from `start`. 12 bytes a rating beside the tables.
  MfSgd(const Ratings& train,
        const Biases& start,
        const MfShape&,
        double l2,
        double init_std,
        std::uint64_t seed);

  MfTables tables() const;
};

}  // namespace movrec
