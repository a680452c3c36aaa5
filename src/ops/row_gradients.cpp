#include "movrec/ops/row_gradients.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

namespace movrec {

RowGroups group_rows_reference(const at::Tensor& indices) {
  const auto [rows, inverse, counts] =
      at::_unique2(indices, /*sorted=*/true, /*return_inverse=*/true, /*return_counts=*/true);
  return {rows, counts.to(at::kFloat), {}, {}, inverse};
}

RowGroups group_rows(const at::Tensor& indices) {
  if (!indices.is_cpu()) return group_rows_reference(indices);
  const auto n = static_cast<std::size_t>(indices.size(0));
  const auto* index = indices.data_ptr<std::int64_t>();
  // Sorting (index, position) pairs keeps the batch's order within a row.
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs(n);
  for (std::size_t i = 0; i < n; ++i) pairs[i] = {index[i], static_cast<std::int64_t>(i)};
  std::sort(pairs.begin(), pairs.end());

  RowGroups groups;
  groups.order.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (i == 0 || pairs[i].first != pairs[i - 1].first) groups.begins.push_back(static_cast<std::int64_t>(i));
    groups.order.push_back(pairs[i].second);
  }
  const auto n_rows = static_cast<std::int64_t>(groups.begins.size());
  groups.begins.push_back(static_cast<std::int64_t>(n));
  groups.rows = at::empty({n_rows}, at::kLong);
  groups.counts = at::empty({n_rows}, at::kFloat);
  for (std::int64_t r = 0; r < n_rows; ++r) {
    const std::int64_t begin = groups.begins[static_cast<std::size_t>(r)];
    const std::int64_t end = groups.begins[static_cast<std::size_t>(r) + 1];
    groups.rows.data_ptr<std::int64_t>()[r] = pairs[static_cast<std::size_t>(begin)].first;
    groups.counts.data_ptr<float>()[r] = static_cast<float>(end - begin);
  }
  return groups;
}

at::Tensor sum_by_row(const RowGroups& groups, const at::Tensor& gradients) {
  const std::int64_t n_rows = groups.rows.size(0), width = gradients.size(1);
  if (groups.inverse.defined())
    return at::zeros({n_rows, width}, gradients.options()).index_add_(0, groups.inverse, gradients);
  const at::Tensor source = gradients.contiguous();
  at::Tensor sums = at::empty({n_rows, width}, source.options());
  const auto* from = source.data_ptr<float>();
  auto* to = sums.data_ptr<float>();
  at::parallel_for(
      0, n_rows, std::max<std::int64_t>(1, 8192 / width), [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t r = first; r < last; ++r) {
          const auto begin = static_cast<std::size_t>(groups.begins[static_cast<std::size_t>(r)]);
          const auto end = static_cast<std::size_t>(groups.begins[static_cast<std::size_t>(r) + 1]);
          float* sum = to + r * width;
          std::copy_n(from + groups.order[begin] * width, width, sum);
          for (std::size_t k = begin + 1; k < end; ++k) {
            const float* add = from + groups.order[k] * width;
            for (std::int64_t f = 0; f < width; ++f) sum[f] += add[f];
          }
        }
      });
  return sums;
}

}  // namespace movrec
