#pragma once

#include <ATen/core/Tensor.h>

namespace movrec {

/// The gradient of an embedding table as the rows that a batch touched.
struct RowGradients {
  at::Tensor rows;    ///< [R] int64, ascending, without repeats
  at::Tensor counts;  ///< [R] float: how often each row stands in the batch
  at::Tensor values;  ///< [R, d]: the sum of the batch's gradients of that row
};

/// Sums `gradients` [B, d] by `indices` [B] (int64). On the CPU sums are taken in batch order, so that the result does
/// not depend on the number of threads.
RowGradients sum_by_row(const at::Tensor& indices, const at::Tensor& gradients);

/// The same by LibTorch's unique and index_add, on any device.
RowGradients sum_by_row_reference(const at::Tensor& indices, const at::Tensor& gradients);

}  // namespace movrec
