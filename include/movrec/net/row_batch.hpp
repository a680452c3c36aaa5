#pragma once

#include <cstdint>
#include <vector>

namespace movrec {

/// Rows of which few columns hold something: row b holds values[k] in columns[k], k from begins[b] on.
struct SparseRows {
  std::vector<std::int64_t> begins, columns;
  std::vector<float> values;

  std::int64_t size() const { return static_cast<std::int64_t>(begins.size()); }
};

/// B rows as they go into a RowNet, and what is asked of it in training.
struct RowBatch {
  SparseRows input;
  std::vector<float> side;  ///< [B, n_side]: what is known of each besides
  SparseRows target{};      ///< training only
};

}  // namespace movrec
