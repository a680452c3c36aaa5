#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "model/common/fit_epochs.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/train/common/schedule.hpp"

namespace movrec {

/// The epochs of a solver, `n_steps` steps each (0: what its steps_per_epoch() says). A Solver has step(lr), or step() if it needs no learning rate, steps(),
/// loss(), state() and load().
template <class Solver, int n_steps = 0>
class SolverFit final : public EpochStepper {
 public:
  using Start = std::function<std::unique_ptr<Model>(const Solver&)>;
  using Update = std::function<void(Model&, const Solver&)>;

  /// `start` makes the model that answers from the solver's tables, `update` brings it up to date.
  SolverFit(const FitContext& context, Solver solver, const Start& start, Update update)
      : context_(context),
        epochs_(context.spec.options.get<EpochOptions>().epochs),
        schedule_(context.spec.options.as<ScheduleOptions>()),
        higher_is_better_(context.higher_is_better),
        solver_(std::move(solver)),
        epoch_steps_(steps_per_epoch(solver_)),
        update_(std::move(update)) {
    if (context.resume) load(context.resume->trainer);
    model_ = start(solver_);
  }

  std::unique_ptr<Model> run() {
    fit_epochs(context_, *this, epochs_, *model_, [this] { return state(); });
    return std::move(model_);
  }

  int epochs_done() const override { return static_cast<int>(solver_.steps() / epoch_steps_); }

  EpochStats run_epoch() override {
    const int epoch = epochs_done() + 1;
    const bool finished = run_steps(epoch);
    update_(*model_, solver_);
    return stats(epoch, !finished);
  }

  void end_epoch(double valid) override {
    valid_loss_.push_back(higher_is_better_ ? 1 - valid : valid);
    epoch_seconds_ = 0;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr bool kHasLr = requires(Solver solver) { solver.step(0.0); };

  static int steps_per_epoch(const Solver& solver) {
    if constexpr (n_steps == 0)
      return solver.steps_per_epoch();
    else
      return n_steps;
  }

  double lr_of(std::int64_t step) const {
    return kHasLr ? lr_at(schedule_, epochs_, step, epoch_steps_, valid_loss_) : 0;
  }

  /// The rest of the epoch; false if a signal broke it off.
  bool run_steps(int epoch) {
    Progress progress(fmt::format("epoch {}/{}", epoch, epochs_), epoch_steps_, "steps");
    while (solver_.steps() < std::int64_t{epoch} * epoch_steps_) {
      if (stop_signal() != 0) return false;
      const auto started = Clock::now();
      const double lr = lr_of(solver_.steps());
      if constexpr (kHasLr) {
        solver_.step(lr);
      } else {
        solver_.step();
      }
      epoch_seconds_ += std::chrono::duration<double>(Clock::now() - started).count();
      if (!std::isfinite(solver_.loss()))
        throw Error(ErrorKind::failure,
                    fmt::format("training diverged in epoch {}: the loss is {}", epoch, solver_.loss()),
                    kHasLr ? fmt::format("the learning rate is {:.3g}", lr)
                           : "the stars are too large for float arithmetic",
                    kHasLr ? fmt::format("‹lr› {:.3g}", schedule_.lr / 10) : "stars in single digits");
      progress.update(solver_.steps() - std::int64_t{epoch - 1} * epoch_steps_);
    }
    return true;
  }

  EpochStats stats(int epoch, bool interrupted) const {
    EpochStats out;
    out.epoch = epoch;
    out.epochs = epochs_;
    out.train_loss = solver_.loss();
    out.lr = lr_of(std::max<std::int64_t>(solver_.steps() - 1, 0));
    out.seconds = epoch_seconds_;
    out.rows = interrupted ? 0 : static_cast<std::int64_t>(context_.train.size());
    out.interrupted = interrupted;
    return out;
  }

  StateDict state() const {
    StateDict state = solver_.state();
    state.set("epoch_seconds", epoch_seconds_);
    state.set("valid_rmse", valid_loss_);
    return state;
  }

  void load(const StateDict& state) {
    solver_.load(state);
    if (!state.contains("epoch_seconds")) return;  // sparsefc had none in its first runs
    epoch_seconds_ = state.number<double>("epoch_seconds");
    valid_loss_ = state.list<double>("valid_rmse");
  }

  const FitContext& context_;
  int epochs_;
  ScheduleOptions schedule_;
  bool higher_is_better_;  ///< what validation measures, and then it is at most 1
  Solver solver_;
  int epoch_steps_;
  Update update_;
  double epoch_seconds_ = 0;
  std::vector<double> valid_loss_;  ///< of finished epochs; lower is better
  std::unique_ptr<Model> model_;
};

}  // namespace movrec
