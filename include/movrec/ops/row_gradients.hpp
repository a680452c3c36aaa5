#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace movrec {

/// The positions of a batch grouped by the embedding row that they use.
struct RowGroups {
  at::Tensor rows;    ///< [R] int64, ascending, without repeats
  at::Tensor counts;  ///< [R] float: how often each row stands in the batch
  // On the CPU: positions order[begins[r]] … order[begins[r + 1] - 1] use row r, in batch order.
  std::vector<std::int64_t> order, begins;
  at::Tensor inverse;  ///< elsewhere: [B] int64, the position in `rows` of each of the batch's indices
};

/// `indices` [B] int64.
RowGroups group_rows(const at::Tensor& indices);
/// The same by LibTorch's unique, on any device.
RowGroups group_rows_reference(const at::Tensor& indices);

/// [R, d]: the gradients [B, d] summed over each group. On the CPU in batch order, so that the sums do not
/// depend on the number of threads; for groups of group_rows_reference by LibTorch's index_add.
at::Tensor sum_by_row(const RowGroups&, const at::Tensor& gradients);

}  // namespace movrec
