#pragma once

#include "data/ratings_reader.hpp"
#include "movrec/data/dataset.hpp"

namespace movrec {

/// MovieLens-like data of any size with a known best RMSE: a pure function of the options, the same on any
/// number of threads, and on any machine whose libm agrees.
///
/// The truth is x(u, i) = mean + b_u + b_i + p_u · q_i, where items of the same genres have similar factors
/// q_i, users of the same age and gender similar tastes p_u, and better items are more popular. Stars are x
/// with normal noise, rounded and clipped to 1 … 5. Item popularity and user activity follow power laws; a
/// user rates no item twice, and at most half of the items. Rows lie user by user, in time order within a
/// user. Raw ids are 1 … n.
struct SyntheticRatings {
  RawRatings ratings;
  double best_rmse = 0;  ///< of E[stars | x] over these rows: no model beats it except by chance
};

/// Error{usage} if so many ratings do not fit.
SyntheticRatings synthetic_ratings(const DataOptions&);

/// Titles, years and genres of those items.
Catalog synthetic_catalog(const DataOptions&, const ItemMap&);
/// Demographics of those users.
UserFeatures synthetic_users(const DataOptions&, const UserMap&);

}  // namespace movrec
