#pragma once

#include <span>
#include <vector>

#include "movrec/core/ids.hpp"

namespace movrec {

/// What each of some rows and each item are multiplied to give.
struct FactorTables {
  std::span<const float> rows;       ///< [n, dim]
  std::span<const float> items;      ///< [n_items, dim]
  std::span<const float> item_bias;  ///< [n_items] or empty
  std::size_t dim;
};

/// scores[row][k] = rows[row] · items[items[k]] + its bias, in a fixed order of sums: the same number for a
/// row and an item, whatever else is asked for.
void score_panels(const FactorTables&, std::span<const ItemIdx> items, std::span<float* const> scores);

}  // namespace movrec
