#include "movrec/ops/row_gradients.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

namespace movrec {

BatchGroups::BatchGroups(const at::Tensor& indices) {
  const auto [sorted, order] = indices.sort(/*stable=*/true, /*dim=*/1, /*descending=*/false);
  at::Tensor place = at::zeros_like(order);  // of each sorted index's row among the batch's rows
  if (indices.size(1) > 1) place.slice(1, 1).copy_(sorted.slice(1, 1).ne(sorted.slice(1, 0, -1)).cumsum(1));
  last_ = place.slice(1, -1).contiguous();
  by_row_ = order.to(at::kInt);
  counts_ = at::zeros_like(sorted).scatter_add_(1, place, at::ones_like(sorted));
  const at::Tensor source = at::arange(indices.size(1), place.options()).minimum(last_);
  rows_ = at::zeros_like(sorted).scatter_(1, place, sorted).gather(1, source);
}

RowGroups BatchGroups::of(const at::Tensor& at) const {
  const auto row = [&](const at::Tensor& of_all, at::ScalarType type) {
    return of_all.index_select(0, at).squeeze(0).to(type);
  };
  return {.rows = row(rows_, at::kLong),
          .counts = row(counts_, at::kFloat),
          .slots = {},
          .order = {},
          .begins = {},
          .by_row = row(by_row_, at::kLong),
          .source = at::arange(rows_.size(1), last_.options()).minimum(row(last_, at::kLong))};
}

void BatchGroups::copy_(const BatchGroups& other) {
  rows_.copy_(other.rows_);
  counts_.copy_(other.counts_);
  by_row_.copy_(other.by_row_);
  last_.copy_(other.last_);
}

RowGrouper::RowGrouper(std::int64_t n_rows) : slot_of_row_(static_cast<std::size_t>(n_rows), -1) {}

const RowGroups& RowGrouper::group(const at::Tensor& indices) {
  const auto n = static_cast<std::size_t>(indices.size(0));
  const auto* index = indices.data_ptr<std::int32_t>();
  rows_.clear();
  counts_.clear();
  groups_.slots.resize(n);
  groups_.order.resize(n);
  for (std::size_t b = 0; b < n; ++b) {
    std::int32_t& slot = slot_of_row_[static_cast<std::size_t>(index[b])];
    if (slot < 0) {
      slot = static_cast<std::int32_t>(rows_.size());
      rows_.push_back(index[b]);
      counts_.push_back(0);
    }
    counts_[static_cast<std::size_t>(slot)] += 1;
    groups_.slots[b] = slot;
  }
  const std::size_t n_rows = rows_.size();
  groups_.begins.assign(n_rows + 1, 0);
  for (std::size_t r = 0; r < n_rows; ++r) {
    groups_.begins[r + 1] = groups_.begins[r] + static_cast<std::int32_t>(counts_[r]);
    slot_of_row_[static_cast<std::size_t>(rows_[r])] = -1;
  }
  // Filled from the back, the end of each group comes down to its begin, which is the end of the one before.
  for (std::size_t b = n; b-- > 0;) {
    const auto end = static_cast<std::size_t>(groups_.slots[b]) + 1;
    groups_.order[static_cast<std::size_t>(--groups_.begins[end])] = static_cast<std::int32_t>(b);
  }
  groups_.begins.erase(groups_.begins.begin());
  groups_.begins.push_back(static_cast<std::int32_t>(n));
  groups_.rows = at::from_blob(rows_.data(), {static_cast<std::int64_t>(n_rows)}, at::kLong);
  groups_.counts = at::from_blob(counts_.data(), {static_cast<std::int64_t>(n_rows)}, at::kFloat);
  return groups_;
}

at::Tensor sum_by_row(const RowGroups& groups, const at::Tensor& gradients) {
  const std::int64_t n_rows = groups.rows.size(0), width = gradients.size(1);
  if (groups.by_row.defined())  // not index_add: on a GPU its sums come in any order
    return at::segment_reduce(gradients.index_select(0, groups.by_row), "sum", groups.counts.to(at::kLong),
                              {}, {}, /*axis=*/0, /*unsafe=*/true, /*initial=*/0);
  const at::Tensor source = gradients.contiguous();
  at::Tensor sums = at::empty({n_rows, width}, source.options());
  const auto* from = source.data_ptr<float>();
  auto* to = sums.data_ptr<float>();
  at::parallel_for(0, n_rows, std::max<std::int64_t>(1, 8192 / width),
                   [&](std::int64_t first, std::int64_t last) {
                     for (std::int64_t r = first; r < last; ++r) {
                       const std::span<const std::int32_t> group = groups.positions(r);
                       float* sum = to + r * width;
                       std::copy_n(from + group[0] * width, width, sum);
                       for (const std::int32_t b : group.subspan(1))
                         for (std::int64_t f = 0; f < width; ++f) sum[f] += from[b * width + f];
                     }
                   });
  return sums;
}

}  // namespace movrec
