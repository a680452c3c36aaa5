#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace movrec {

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

/// What trains in epochs, be they a net's, a solver's iterations or a sampler's sweeps, and can go on in the
/// middle of one. Which epoch comes next is part of its state, so that a resumed run equals a straight one.
class EpochStepper {
 public:
  virtual ~EpochStepper() = default;
  /// Those that are finished.
  virtual int epochs_done() const = 0;
  /// The rest of the next one; `interrupted` if stop_signal() broke it off. Error{failure} when the loss is
  /// not finite.
  virtual EpochStats run_epoch() = 0;
  /// After each that is finished, with what validation said: 0 where nothing validates.
  virtual void end_epoch([[maybe_unused]] double valid) {}
  /// Whether it has planned no more, for want of time.
  virtual bool ends_early() const { return false; }
};

struct EpochCallbacks {
  std::function<double()> validate{};  ///< after each finished epoch; may be empty
  std::function<bool(const EpochStats&)>
      on_epoch{};                  ///< also after a broken-off one; true: stop here; may be empty
  std::vector<double> replayed{};  ///< by epoch, stands in for `validate` in a refit
};

/// Runs epochs until `last_epoch`, a stop signal, or on_epoch's word.
inline void run_epochs(EpochStepper& stepper, int last_epoch, const EpochCallbacks& callbacks) {
  while (stepper.epochs_done() < last_epoch && !stepper.ends_early()) {
    EpochStats stats = stepper.run_epoch();
    if (!stats.interrupted) {
      if (callbacks.validate)
        stats.valid = callbacks.validate();
      else if (std::ssize(callbacks.replayed) >= stats.epoch)
        stats.valid = callbacks.replayed[static_cast<std::size_t>(stats.epoch) - 1];
      stepper.end_epoch(stats.valid);
    }
    if ((callbacks.on_epoch && callbacks.on_epoch(stats)) || stats.interrupted) return;
  }
}

}  // namespace movrec
