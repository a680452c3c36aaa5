#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace movrec {

/// The positions of a batch grouped by the embedding row that they use. RowGrouper makes them on the CPU,
/// BatchGroups on any device.
struct RowGroups {
  at::Tensor rows;    ///< [R] int64, without repeats: in order of first use; of BatchGroups ascending
  at::Tensor counts;  ///< [R] float: how often each row stands in the batch
  // Of RowGrouper: position b uses row rows[slots[b]]; positions order[begins[r]] … order[begins[r + 1] - 1]
  // use row r, in batch order.
  std::vector<std::int32_t> slots, order, begins;
  // Of BatchGroups, where nobody can know R without waiting for the device: `rows` and `counts` have length
  // B, and after its R rows the last one is repeated with count 0.
  at::Tensor by_row;  ///< [B] int64: the batch's positions, row after row
  at::Tensor source;  ///< [B] int64: where each of `rows` stands first

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

/// The groups of many batches at once, by LibTorch's operations on the indices' device and without a word to
/// the host: the work of an epoch's start.
class BatchGroups {
 public:
  BatchGroups() = default;
  /// `indices` [S, B] int32, a batch in each row.
  explicit BatchGroups(const at::Tensor& indices);
  /// Those of one batch, `at` [1] int64 on the device.
  RowGroups of(const at::Tensor& at) const;
  /// Takes over another's numbers, of the same shape, and stays where it is in memory.
  void copy_(const BatchGroups&);

 private:
  at::Tensor rows_, counts_, by_row_;  ///< [S, B] int32
  at::Tensor last_;                    ///< [S, 1] int64: R - 1
};

/// The gradients [B, d] summed over each group in batch order, so that the sums do not depend on threads:
/// [R, d], or of BatchGroups [B, d] with zeros where rows are repeated.
at::Tensor sum_by_row(const RowGroups&, const at::Tensor& gradients);

}  // namespace movrec
