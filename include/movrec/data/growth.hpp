#pragma once

#include <cstddef>
#include <vector>

#include "movrec/data/dataset.hpp"

namespace movrec {

/// What a later version of some ratings has besides them. Ratings are the same where user, item and stars are.
struct Growth {
  std::size_t n_missing = 0;  ///< earlier ratings whose pair of user and item has fewer now
  std::vector<RowIdx> added;  ///< rows of the later version that are not in the earlier one, ascending
};
Growth growth_of(const Dataset& earlier, const Dataset& later);

}  // namespace movrec
