#pragma once

#include <memory>
#include <string>

#include "movrec/core/state_dict.hpp"
#include "movrec/data/ratings.hpp"
#include "movrec/train/common/epoch_loop.hpp"
#include "movrec/train/options.hpp"

namespace movrec {

class Net;

/// Draws batches, steps the optimizer, follows the schedule, reports each epoch; touches no file and no
/// metric. Batches, dropout and the learning rate are functions of (seed, step) alone, so that the state to
/// resume from is the optimizer's arrays and one number.
class Trainer final : public EpochStepper {
 public:
  /// The net's weights must lie on `device`. All references must outlive the trainer.
  Trainer(Net& net, const Ratings& train, const TrainOptions& options, const std::string& device)
      : Trainer(net, train, options, device, device != "cpu") {}
  /// `by_tensors`: by LibTorch's operations and steps that ask the host for nothing, as on a GPU.
  Trainer(Net& net, const Ratings& train, const TrainOptions&, const std::string& device, bool by_tensors);
  ~Trainer() override;

  int epochs_done() const override;
  EpochStats run_epoch() override;
  void end_epoch(double valid) override;

  StateDict state() const;
  /// Goes on from an earlier state(); the net's weights are the caller's to restore. Error{model}.
  void load(const StateDict&);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace movrec
