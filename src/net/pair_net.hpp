#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "movrec/net/net.hpp"
#include "movrec/ops/rating_head.hpp"

namespace movrec {

/// Where a PairNet's parts stand in tables() and weights(); -1: it has none. Tables come in pairs, the user's
/// first; weights and biases of layers too. The index of the first names the pair.
struct PairLayout {
  int bias = -1, factors = -1, towers = -1;                                 ///< tables
  int product_weight = -1, head_weight = -1, head_bias = -1, classes = -1;  ///< weights
  std::vector<int> hidden;                                                  ///< weights
};

/// The nets of pair_nets(). Here and in pair_net.cpp by LibTorch's operations; on the CPU predictions, scores
/// and gradients come from pair_kernel.cpp and pair_pass.cpp, which tests hold to these.
class PairNet final : public Net {
 public:
  PairNet(const PairNetParts&, const NetShape&, const NetOptions&, std::uint64_t seed);

  at::Tensor forward(std::span<const at::Tensor> rows, const DropoutStep* dropout) const override;
  at::Tensor loss(std::span<const at::Tensor> rows,
                  const at::Tensor& stars,
                  const DropoutStep* dropout) const override;
  at::Tensor predict(const at::Tensor& users, const at::Tensor& items) const override;
  at::Tensor score_rows(std::span<const at::Tensor> user_rows, const at::Tensor& items) const override;
  std::unique_ptr<ScoreEstimates> estimate_rows(std::span<const at::Tensor> user_rows,
                                                const at::Tensor& items) const override;
  std::unique_ptr<UserRatings> ratings_of(const History&) const override;
  std::unique_ptr<GradientPass> make_cpu_pass() const override;
  std::int64_t flops_per_row() const override;

  /// `score_rows` by LibTorch's operations: what runs on a GPU, and the reference of the kernels.
  at::Tensor score_reference(std::span<const at::Tensor> user_rows, const at::Tensor& items) const;

  const PairLayout& layout() const { return layout_; }
  const NetShape& shape() const { return shape_; }
  const NetOptions& options() const { return options_; }
  const RatingHead& head() const { return head_; }
  /// What the raw sum starts from so that an untrained net predicts the mean.
  double offset() const { return offset_; }

 private:
  double starting_offset() const;
  /// The sum of all parts [B], before it becomes stars.
  at::Tensor raw_of(std::span<const at::Tensor> rows, const DropoutStep*) const;
  at::Tensor score_tower(const at::Tensor& user_rows, const at::Tensor& items) const;
  at::Tensor activate(const at::Tensor& x, std::size_t layer, const DropoutStep*) const;
  at::Tensor squash(const at::Tensor& raw) const;
  at::Tensor head_weights() const { return layout_.classes >= 0 ? weight(layout_.classes) : at::Tensor(); }

  int add_tables(const std::string& name, std::int64_t dim);
  int add_weight(const std::string& name, at::Tensor weight);
  int add_layer(const std::string& name, std::int64_t outputs, std::int64_t inputs);
  std::uint64_t next_seed();

  const at::Tensor& table(int i) const { return tables_[static_cast<std::size_t>(i)].weight; }
  at::Tensor item_rows(int pair, const at::Tensor& items) const;
  static const at::Tensor& user_row(std::span<const at::Tensor> rows, int pair) {
    return rows[static_cast<std::size_t>(pair / 2)];
  }
  const at::Tensor& weight(int i) const { return weights_[static_cast<std::size_t>(i)].weight; }
  static const at::Tensor& row(std::span<const at::Tensor> rows, int pair, Side side) {
    return rows[static_cast<std::size_t>(pair) + (side == Side::item ? 1U : 0U)];
  }

  PairNetParts parts_;
  NetShape shape_;
  NetOptions options_;
  RatingHead head_;
  std::uint64_t seed_, n_seeds_ = 0;
  double offset_ = 0;
  PairLayout layout_;
};

}  // namespace movrec
