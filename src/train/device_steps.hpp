#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "movrec/net/gradient_pass.hpp"
#include "movrec/ops/row_gradients.hpp"
#include "movrec/train/options.hpp"
#include "train/optimizer.hpp"
#include "train/step_graph.hpp"

namespace movrec {

/// Training steps that a device makes without a word from the host. An epoch's batches, their groups and the
/// numbers of its steps lie on the device before it begins, and where the next batch stands is counted there.
/// No shape depends on the data, so that a step is recorded once and repeated (StepGraph); the smaller batch
/// that may end an epoch is launched as it is.
class DeviceSteps {
 public:
  /// All references must outlive this. `loss_sum` [] double: what the squared errors are added to.
  DeviceSteps(const TrainOptions&, GradientPass&, Optimizer&, at::Tensor& loss_sum);

  /// Columns [n] in the epoch's order: users and items int32, stars float. `numbers` for each of the epoch's
  /// steps, of which `first` are done.
  void start_epoch(const at::Tensor& users,
                   const at::Tensor& items,
                   const at::Tensor& stars,
                   std::span<const UpdateNumbers> numbers,
                   std::int64_t first);
  /// The epoch's next step.
  void run(const DropoutStep&);

 private:
  /// S batches of B rows.
  struct Layout {
    at::Tensor users, items, stars;  ///< [S, B]
    BatchGroups user_groups, item_groups;
    at::Tensor numbers;  ///< [S, 3] of StepTensors
    at::Tensor next;     ///< [1] int64: the batch to come
  };
  void step(Layout&, const DropoutStep&);

  std::int64_t batch_size_;
  GradientPass& pass_;
  Optimizer& optimizer_;
  at::Tensor& loss_sum_;
  Layout whole_, rest_;
  std::int64_t whole_left_ = 0;  ///< batches of whole_ to come
  StepGraph graph_;
};

}  // namespace movrec
