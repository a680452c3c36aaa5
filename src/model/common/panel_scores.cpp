#include "model/common/panel_scores.hpp"

#include <algorithm>
#include <array>

#include "kernels/panel_kernels.hpp"
#include "movrec/kernels/parallel.hpp"

namespace movrec {
namespace {

void score_panel(const FactorTables& tables,
                 std::span<const ItemIdx> items,
                 std::size_t first,
                 std::span<float* const> scores) {
  constexpr std::size_t kRows = 64;
  const std::size_t dim = tables.dim;
  std::vector<float> panel(dim * kPanel);
  std::array<float, kPanel> bias{};
  for (std::size_t k = 0; k < items.size(); ++k) {
    const float* from = tables.items.data() + index(items[k]) * dim;
    for (std::size_t f = 0; f < dim; ++f) panel[f * kPanel + k] = from[f];
    if (!tables.item_bias.empty()) bias[k] = tables.item_bias[index(items[k])];
  }
  std::array<float, kRows * kPanel> products;
  for (std::size_t begin = 0; begin < scores.size(); begin += kRows) {
    const std::size_t n = std::min(kRows, scores.size() - begin);
    multiply_panel(tables.rows.data() + begin * dim, dim, n, dim, panel.data(), products.data(), kPanel);
    for (std::size_t row = 0; row < n; ++row)
      for (std::size_t k = 0; k < items.size(); ++k)
        scores[begin + row][first + k] = products[row * kPanel + k] + bias[k];
  }
}

}  // namespace

void score_panels(const FactorTables& tables,
                  std::span<const ItemIdx> items,
                  std::span<float* const> scores) {
  // A panel of items a task, which all rows meet while it is near.
  for_each_task(static_cast<std::int64_t>((items.size() + kPanel - 1) / kPanel), [&](std::int64_t task) {
    const std::size_t first = static_cast<std::size_t>(task) * kPanel;
    score_panel(tables, items.subspan(first, std::min(kPanel, items.size() - first)), first, scores);
  });
}

}  // namespace movrec
