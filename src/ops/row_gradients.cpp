#include "movrec/ops/row_gradients.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

namespace movrec {

RowGradients sum_by_row_reference(const at::Tensor& indices, const at::Tensor& gradients) {
  const auto [rows, inverse, counts] =
      at::_unique2(indices, /*sorted=*/true, /*return_inverse=*/true, /*return_counts=*/true);
  at::Tensor values = at::zeros({rows.size(0), gradients.size(1)}, gradients.options());
  values.index_add_(0, inverse, gradients);
  return {rows, counts.to(gradients.scalar_type()), values};
}

RowGradients sum_by_row(const at::Tensor& indices, const at::Tensor& gradients) {
  if (!indices.is_cpu()) return sum_by_row_reference(indices, gradients);
  const std::int64_t n = indices.size(0), width = gradients.size(1);
  const at::Tensor source = gradients.contiguous();
  const auto* index = indices.data_ptr<std::int64_t>();

  // Sorting (index, position) pairs keeps the batch's order within a row.
  std::vector<std::pair<std::int64_t, std::int64_t>> order(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) order[static_cast<std::size_t>(i)] = {index[i], i};
  std::sort(order.begin(), order.end());
  std::vector<std::size_t> begins;
  for (std::size_t i = 0; i < order.size(); ++i)
    if (i == 0 || order[i].first != order[i - 1].first) begins.push_back(i);
  const auto n_rows = static_cast<std::int64_t>(begins.size());
  begins.push_back(order.size());

  RowGradients out{at::empty({n_rows}, indices.options()), at::empty({n_rows}, source.options()),
                   at::empty({n_rows, width}, source.options())};
  auto* rows = out.rows.data_ptr<std::int64_t>();
  auto* counts = out.counts.data_ptr<float>();
  auto* values = out.values.data_ptr<float>();
  const auto* from = source.data_ptr<float>();
  at::parallel_for(0, n_rows, std::max<std::int64_t>(1, 8192 / width), [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t r = first; r < last; ++r) {
      const std::size_t begin = begins[static_cast<std::size_t>(r)], end = begins[static_cast<std::size_t>(r) + 1];
      rows[r] = order[begin].first;
      counts[r] = static_cast<float>(end - begin);
      float* sum = values + r * width;
      std::copy_n(from + order[begin].second * width, width, sum);
      for (std::size_t k = begin + 1; k < end; ++k) {
        const float* add = from + order[k].second * width;
        for (std::int64_t f = 0; f < width; ++f) sum[f] += add[f];
      }
    }
  });
  return out;
}

}  // namespace movrec
