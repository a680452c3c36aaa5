#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <vector>

#include "movrec/core/state_dict.hpp"
#include "movrec/net/net.hpp"
#include "movrec/ops/row_gradients.hpp"
#include "movrec/ops/update_rules.hpp"
#include "movrec/train/options.hpp"

namespace movrec {

/// Applies one update rule to a net's weights. Embedding tables get either sparse steps (only the rows of the
/// batch, their states left alone in between, as in torch.optim.SparseAdam) or dense ones (the rule on the
/// whole table).
class Optimizer {
 public:
  Optimizer(Net&, const TrainOptions&);

  /// `gradients`: per table those of the batch's rows [B, d], then per dense weight one of its shape. `step`
  /// from 1.
  void step(const at::Tensor& users,
            const at::Tensor& items,
            const std::vector<at::Tensor>& gradients,
            double lr,
            std::int64_t step);

  StateDict state() const;
  void load(const StateDict&);

 private:
  struct Slot {
    std::string name;
    at::Tensor weight;
    std::array<at::Tensor, 2> states;  ///< of the weight's shape; undefined where the rule has fewer
    at::Tensor gradient;               ///< dense table steps: all zero between steps
  };
  Slot make_slot(const std::string& name, const at::Tensor& weight) const;
  void update_dense(Slot&, const at::Tensor& gradient, const UpdateNumbers&) const;
  void update_rows(Slot&, const RowGroups&, const at::Tensor& sums, const UpdateNumbers&) const;
  void update_table(Slot&, const RowGroups&, at::Tensor& sums, const UpdateNumbers&) const;
  template <class Self, class Visit>
  static void for_each_state(Self& self, const Visit& visit);

  TrainOptions options_;
  const UpdateRule& rule_;
  std::vector<Side> sides_;
  std::vector<Slot> tables_, dense_;
};

}  // namespace movrec
