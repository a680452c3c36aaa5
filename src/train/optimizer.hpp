#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <span>
#include <vector>

#include "movrec/core/state_dict.hpp"
#include "movrec/net/gradient_pass.hpp"
#include "movrec/net/net.hpp"
#include "movrec/ops/update_rules.hpp"
#include "movrec/train/options.hpp"

namespace movrec {

/// Applies one update rule to a net's weights. Embedding tables get one of two kinds of steps:
///   sparse  only the rows of the batch change; their states are left alone in between, as in
///           torch.optim.SparseAdam, and weight decay acts on them in their steps only.
///   dense   the rule on the whole table at every step, as LibTorch's optimizers do: rows outside the batch have
///           gradient zero and still decay and follow their momentum. On the CPU these steps wait until the
///           row is wanted and are then replayed in one go, with the same operations in the same order: the
///           same numbers without passing over the table at every step. There is a closed form for the replay
///           of plain decay only; all rules share the loop instead.
class Optimizer {
 public:
  /// `by_tensors`: the steps will be those by StepTensors.
  Optimizer(std::span<const EmbeddingTable>,
            std::span<const DenseWeight>,
            const TrainOptions&,
            bool by_tensors = false);

  /// Brings the rows of the next batch up to date; before its gradients are taken.
  void catch_up(const RowGroups& users, const RowGroups& items);

  /// One step, counted from 1; uses up the gradients.
  void step(const Batch&, BatchGradients&, double lr, std::int64_t step);
  /// The same where there are no embedding tables.
  void step(BatchGradients&, double lr, std::int64_t step);
  /// The same by LibTorch's operations, on any device and with nothing that a host would have to know: the
  /// groups of the batch are of BatchGroups. The numbers of the step are tensors.
  void step(const Batch&, BatchGradients&, const StepTensors&);

  UpdateNumbers numbers_at(double lr, std::int64_t step) const;

  /// Brings all rows up to date: the net is what its last step made of it. Before anybody else looks at it.
  void finish();

  /// After finish().
  StateDict state() const;
  /// `step`: of the last step done.
  void load(const StateDict&, std::int64_t step);

 private:
  struct Slot {
    std::string name;
    at::Tensor weight;
    std::array<at::Tensor, 2> states;  ///< of the weight's shape; undefined where the rule has fewer
  };
  struct Table : Slot {
    Side side;
    std::vector<std::int64_t> done;  ///< steps that each row has had; only where steps wait
    at::Tensor gradient;             ///< dense steps elsewhere: all zero in between
  };
  Slot make_slot(const std::string& name, const at::Tensor& weight) const;
  void catch_up_row(Table&, std::int64_t row) const;
  void clip(BatchGradients&) const;
  void add_penalty(const Table&, const RowGroups&, at::Tensor& gradient, std::int64_t r) const;
  void step_on_cpu(const Batch&, BatchGradients&, const UpdateNumbers&);
  void step_tables(const Batch&, BatchGradients&, const StepTensors&);
  void step_dense(BatchGradients&, const StepTensors&);
  double penalty_of(const Batch&) const;
  template <class Self, class Visit>
  static void for_each_state(Self& self, const Visit& visit);

  TrainOptions options_;
  const UpdateRule& rule_;
  bool waits_ = false;  ///< dense steps on the CPU
  double penalty_ = 0;  ///< of the batch at hand, per rating
  std::vector<Table> tables_;
  std::vector<Slot> dense_;
  std::vector<UpdateNumbers> history_;  ///< of the steps since first_
  std::int64_t first_ = 0;              ///< steps before those of history_
};

}  // namespace movrec
