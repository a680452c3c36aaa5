#pragma once

#include <cstddef>
#include <vector>

#include "movrec/data/ratings.hpp"

namespace movrec {

/// How much better or worse one item is liked than another by those who rated both. The sums are what is kept, so that a
/// deviation weighs as many users as it comes from: dev = sum / count.
struct ItemDeviations {
  std::size_t n_items = 0;
  std::vector<float>
      sums;  ///< [n_items, n_items]: of stars of the second less those of the first; antisymmetric
  std::vector<float> counts;  ///< [n_items, n_items]: users who rated both; 0 on the diagonal
};

/// The deviations of weighted Slope One (Lemire & Maclachlan, "Slope One predictors for online rating-based collaborative
/// filtering", SDM 2005, eq. 2). Items with fewer than `min_common` such users have
/// none. A pair rated twice counts once, with its last stars. 8 bytes for each ordered pair of
/// items: 110 MB on ml-1m; Error{failure} if that is more than the machine has. The time is the sum over users of their
/// ratings squared. The same to the bit at any number of threads.
ItemDeviations find_deviations(const Ratings& train, int min_common = 1);

}  // namespace movrec
