#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "movrec/core/state_dict.hpp"
#include "movrec/data/ratings.hpp"
#include "movrec/train/options.hpp"

namespace movrec {

class Net;

/// What one epoch was, or what of it was done when a signal broke it off.
struct EpochStats {
  int epoch = 0, epochs = 0;  ///< counts from 1
  double train_loss = 0;      ///< mean over the epoch's rows, with dropout, without penalties
  double valid = 0;           ///< what validation chooses by, RMSE or else; 0 where nothing validates
  double lr = 0;              ///< of the last step
  double seconds = 0;         ///< of training, without validation
  std::int64_t rows = 0;
  double flops = 0;  ///< multiplications and additions of the net for these rows, forward and back
  std::vector<std::pair<std::string, double>> phases{};  ///< seconds of training by what they went into
  bool interrupted = false;
};

/// Draws batches, steps the optimizer, follows the schedule, reports each epoch; touches no file and no
/// metric. Batches, dropout and the learning rate are functions of (seed, step) alone, so that the state to
/// resume from is the optimizer's arrays and one number.
class Trainer {
 public:
  /// The net's weights must lie on `device`. All references must outlive the trainer.
  Trainer(Net& net, const Ratings& train, const TrainOptions& options, const std::string& device)
      : Trainer(net, train, options, device, device != "cpu") {}
  /// `by_tensors`: by LibTorch's operations and steps that ask the host for nothing, as on a GPU.
  Trainer(Net& net, const Ratings& train, const TrainOptions&, const std::string& device, bool by_tensors);
  ~Trainer();

  struct Callbacks {
    std::function<double()> validate;                 ///< may be empty
    std::function<bool(const EpochStats&)> on_epoch;  ///< true: stop here; may be empty
    std::vector<double> replayed_rmse;                ///< stands in for `validate` in a refit with plateau
  };
  /// Until `last_epoch` (of options.epochs, which the schedule spans), a stop signal, or on_epoch's word.
  /// Error{failure} when the loss is not finite.
  void run(int last_epoch, const Callbacks&);

  StateDict state() const;
  /// Goes on from an earlier state(); the net's weights are the caller's to restore. Error{model}.
  void load(const StateDict&);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace movrec
