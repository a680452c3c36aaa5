#include "solve/topn/ials_equations.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "movrec/kernels/gemm.hpp"
#include "movrec/kernels/parallel.hpp"

namespace movrec {

std::size_t ials_block(const IalsShape& shape) {
  constexpr std::size_t kLargest = 256, kUsual = 128;
  const std::size_t dim = panel_padded(shape.dim);
  if (shape.block > 0) return std::min(panel_padded(shape.block), dim);
  return dim <= kLargest ? dim : kUsual;
}

double IalsPairs::total_weight() const {
  return weights.empty() ? static_cast<double>(others.size())
                         : std::accumulate(weights.begin(), weights.end(), 0.0);
}

std::vector<float> ials_weights(std::span<const float> counts, const IalsShape& shape) {
  std::vector<float> weights;
  if (shape.confidence > 0)
    for (const float count : counts) weights.push_back(shape.weight(count));
  return weights;
}

IalsEquations::IalsEquations(
    const float* table, std::size_t n, std::size_t dim, std::size_t begin, const IalsShape& shape)
    : table_(table),
      n_(n),
      dim_(dim),
      begin_(begin),
      width_(std::min(ials_block(shape), dim - begin)),
      alpha_(shape.alpha),
      l2_(shape.l2),
      gram_(width_ * dim) {
  const bool only_block = width_ == dim_;
  const auto stride = static_cast<std::int64_t>(dim_);
  // One panel of columns a task, each number a sum over all rows in their order.
  for_each_task(static_cast<std::int64_t>(dim_ / kPanel), [&](std::int64_t panel) {
    const auto column = static_cast<std::size_t>(panel) * kPanel;
    const std::size_t rows = only_block ? column + kPanel : width_;
    gemm(Transpose::yes, Transpose::no, static_cast<std::int64_t>(rows), kPanel,
         static_cast<std::int64_t>(n_), table_ + begin_, stride, table_ + column, stride, 0,
         gram_.data() + column, stride);
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t k = 0; k < kPanel; ++k) gram_[row * dim_ + column + k] *= static_cast<float>(alpha_);
  });
}

double IalsEquations::solve(const IalsPairs& pairs,
                            float* row,
                            std::span<float> predictions,
                            IalsWorkspace& work) const {
  float *matrix = work.matrix.data(), *right = work.right.data(), *block = row + begin_;
  const auto penalty = static_cast<float>(ridge(pairs.total_weight()));
  for (std::size_t f = 0; f < width_; ++f) {
    const float* from = gram_.data() + f * dim_ + begin_;
    std::copy(from + f / kPanel * kPanel, from + width_, matrix + f * width_ + f / kPanel * kPanel);
    // Where nothing penalizes, padded factors would have no equation.
    matrix[f * width_ + f] += penalty > 0 ? penalty : std::numeric_limits<float>::min();
  }
  std::fill_n(right, width_, 0.F);
  if (!predictions.empty())
    for (std::size_t f = 0; f < width_; ++f) {
      const float* g = gram_.data() + f * dim_;
      double product = 0;
      for (std::size_t k = 0; k < dim_; ++k) product += static_cast<double>(g[k] * row[k]);
      right[f] = -static_cast<float>(product) - penalty * block[f];
    }
  const std::span picked = pairs.others;
  std::array<float, kPanelRows> targets, roots;
  double squares = 0;
  for (std::size_t at = 0; at < picked.size(); at += kPanelRows) {
    const std::size_t n = std::min(kPanelRows, picked.size() - at);
    for (std::size_t k = 0; k < n; ++k) targets[k] = predictions.empty() ? 1 : 1 - predictions[at + k];
    pack_rows(table_, dim_, begin_, width_, picked.subspan(at, n), work.packed.data());
    if (!pairs.weights.empty()) {  // c (y - hᵀδ)² = (√c y - (√c h)ᵀδ)²
      for (std::size_t k = 0; k < n; ++k) {
        roots[k] = std::sqrt(pairs.weights[at + k]);
        targets[k] *= roots[k];
      }
      scale_rows(work.packed.data(), n, width_, roots.data());
    }
    for (std::size_t k = 0; k < n; ++k) squares += static_cast<double>(targets[k] * targets[k]);
    add_gram(work.packed.data(), n, width_, 1, matrix);
    add_weighted(work.packed.data(), n, width_, targets.data(), right);
  }
  std::copy_n(right, width_, work.target.data());
  if (!solve_panels(matrix, right, width_, work.packed.data()))
    return std::numeric_limits<double>::quiet_NaN();
  double gain = 0;
  for (std::size_t f = 0; f < width_; ++f) {
    gain += static_cast<double>(work.target[f]) * static_cast<double>(right[f]);
    block[f] = (predictions.empty() ? 0 : block[f]) + right[f];
  }
  if (!predictions.empty())
    for (std::size_t at = 0; at < picked.size(); at += kPanelRows) {
      const std::size_t n = std::min(kPanelRows, picked.size() - at);
      pack_rows(table_, dim_, begin_, width_, picked.subspan(at, n), work.packed.data());
      add_dots(work.packed.data(), n, width_, right, predictions.data() + at);
    }
  return squares - gain;
}

}  // namespace movrec
