#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace movrec {

/// The positions of a batch grouped by the embedding row that they use.
struct RowGroups {
  at::Tensor rows;    ///< [R] int64, without repeats: in order of first use on the CPU, else ascending
  at::Tensor counts;  ///< [R] float: how often each row stands in the batch
  // On the CPU: position b uses row rows[slots[b]]; positions order[begins[r]] … order[begins[r + 1] - 1] use
  // row r, in batch order.
  std::vector<std::int32_t> slots, order, begins;
  at::Tensor inverse;  ///< elsewhere: [B] int64, the position in `rows` of each of the batch's indices

  std::int64_t size() const { return rows.size(0); }
  /// The positions of the batch that use row r of `rows`, in batch order. CPU only.
  std::span<const std::int32_t> positions(std::int64_t r) const {
    const auto at = static_cast<std::size_t>(r);
    return std::span(order).subspan(static_cast<std::size_t>(begins[at]),
                                    static_cast<std::size_t>(begins[at + 1] - begins[at]));
  }
};

/// Groups one batch after another over a table of `n_rows` rows, without a sort: O(B) on the CPU.
class RowGrouper {
 public:
  explicit RowGrouper(std::int64_t n_rows);
  /// `indices` [B] int32. The result lives until the next call.
  const RowGroups& group(const at::Tensor& indices);

 private:
  RowGroups groups_;
  std::vector<std::int64_t> rows_;
  std::vector<float> counts_;
  std::vector<std::int32_t> slot_of_row_;  ///< -1 between calls
};

/// The same by LibTorch's unique, on any device.
RowGroups group_rows_reference(const at::Tensor& indices);

/// [R, d]: the gradients [B, d] summed over each group. On the CPU in batch order, so that the sums do not
/// depend on the number of threads; for groups of group_rows_reference by LibTorch's
/// index_add.
at::Tensor sum_by_row(const RowGroups&, const at::Tensor& gradients);

}  // namespace movrec
