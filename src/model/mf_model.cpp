#include "movrec/model/mf_model.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "movrec/core/progress.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/model/net_model.hpp"
#include "movrec/solve/mf_als.hpp"
#include "movrec/solve/mf_sgd.hpp"
#include "movrec/train/schedule.hpp"

namespace movrec {
namespace {

using Clock = std::chrono::steady_clock;

StateArray array_of(const std::vector<float>& values, std::int64_t n_rows) {
  return StateArray::of(std::span(values), {n_rows, std::ssize(values) / n_rows});
}

/// The weights of the pair net, by the names that it has for them.
StateDict weights_of(const MfTables& tables, const ModelSpec& spec) {
  StateDict state;
  state.set("user_factors", array_of(tables.user_factors, spec.n_users));
  state.set("item_factors", array_of(tables.item_factors, spec.n_items));
  if (!tables.user_bias.empty()) {
    state.set("user_bias", array_of(tables.user_bias, spec.n_users));
    state.set("item_bias", array_of(tables.item_bias, spec.n_items));
  }
  return state;
}

void advance(MfAls& solver, double) {
  solver.step();
}
void advance(MfSgd& solver, double lr) {
  solver.step(lr);
}

/// Runs the epochs of a solver and shows them to the context as those of a Trainer.
template <class MfSolver, int n_steps>
class SolverFit {
 public:
  /// `make` gets the training rows and the biases to start from.
  template <class Make>
  SolverFit(const FitContext& context, bool has_lr, const Make& make)
      : context_(context),
        options_(context.spec.options.train),
        has_lr_(has_lr),
        start_(fit_biases(context.train, context.spec.options.bias)),
        solver_(make(context.train, start_)) {
    if (context.resume) load(context.resume->trainer);
    model_ = start_net_model(context.spec, context.train, start_, weights_of(solver_.tables(), context.spec));
  }

  std::unique_ptr<Model> run() {
    if (context_.on_start) context_.on_start(*model_);
    const int last = context_.last_epoch > 0 ? context_.last_epoch : options_.epochs;
    while (true) {
      const int epoch = static_cast<int>(solver_.steps() / n_steps) + 1;
      if (epoch > last) break;
      const bool finished = run_epoch(epoch);
      load_net_weights(*model_, weights_of(solver_.tables(), context_.spec));
      EpochStats now = stats(epoch, !finished);
      if (finished) {
        if (context_.validate) {
          now.valid = context_.validate(*model_);
        } else if (std::ssize(context_.replayed_rmse) >= epoch) {
          now.valid = context_.replayed_rmse[static_cast<std::size_t>(epoch) - 1];
        }
        valid_rmse_.push_back(now.valid);
        epoch_seconds_ = 0;
      }
      const bool stop = context_.on_epoch && context_.on_epoch({now, *model_, [&] { return state(); }});
      if (stop || !finished || stop_signal() != 0) break;
    }
    return std::move(model_);
  }

 private:
  double lr_of(std::int64_t step) const { return has_lr_ ? lr_at(options_, step, n_steps, valid_rmse_) : 0; }

  /// The rest of the epoch; false if a signal broke it off.
  bool run_epoch(int epoch) {
    Progress progress(fmt::format("epoch {}/{}", epoch, options_.epochs), n_steps, "steps");
    while (solver_.steps() < std::int64_t{epoch} * n_steps) {
      if (stop_signal() != 0) return false;
      const auto started = Clock::now();
      const double lr = lr_of(solver_.steps());
      advance(solver_, lr);
      epoch_seconds_ += std::chrono::duration<double>(Clock::now() - started).count();
      if (!std::isfinite(solver_.loss()))
        throw Error(ErrorKind::failure,
                    fmt::format("training diverged in epoch {}: the loss is {}", epoch, solver_.loss()),
                    has_lr_ ? fmt::format("the learning rate is {:.3g}", lr)
                            : "the stars are too large for float arithmetic",
                    has_lr_ ? fmt::format("--lr {:.3g}", options_.lr / 10) : "stars in single digits");
      progress.update(solver_.steps() - std::int64_t{epoch - 1} * n_steps);
    }
    return true;
  }

  EpochStats stats(int epoch, bool interrupted) const {
    EpochStats out;
    out.epoch = epoch;
    out.epochs = options_.epochs;
    out.train_loss = solver_.loss();
    out.lr = lr_of(std::max<std::int64_t>(solver_.steps() - 1, 0));
    out.seconds = epoch_seconds_;
    out.rows = interrupted ? 0 : static_cast<std::int64_t>(context_.train.size());
    out.interrupted = interrupted;
    return out;
  }

  StateDict state() const {
    StateDict state = solver_.state();
    state.set("epoch_seconds", StateArray::of(std::span(&epoch_seconds_, 1), {1}));
    state.set("valid_rmse", StateArray::of(std::span(valid_rmse_), {std::ssize(valid_rmse_)}));
    return state;
  }

  void load(const StateDict& state) {
    solver_.load(state);
    epoch_seconds_ = state.values<double>("epoch_seconds", 1)[0];
    const auto rmse = state.get("valid_rmse").template as<double>();
    valid_rmse_.assign(rmse.begin(), rmse.end());
  }

  const FitContext& context_;
  const TrainOptions& options_;
  bool has_lr_;
  Biases start_;
  MfSolver solver_;
  double epoch_seconds_ = 0;
  std::vector<double> valid_rmse_;  ///< of finished epochs
  std::unique_ptr<Model> model_;
};

MfShape shape_of(const NetOptions& net) {
  return {static_cast<std::size_t>(net.embedding_dim), net.bias_terms, net.global_mean};
}

}  // namespace

std::unique_ptr<Model> fit_mf_model(const FitContext& context) {
  const AlgorithmOptions& options = context.spec.options;
  if (options.mf.solver == "autograd") return fit_net_model(context);
  if (options.mf.solver == "sgd")
    return SolverFit<MfSgd, MfSgd::kStripes>(context, /*has_lr=*/true,
                                             [&](const Ratings& train, const Biases& start) {
                                               return MfSgd(train, start, shape_of(options.net),
                                                            options.train.embedding_l2, options.net.init_std,
                                                            options.train.seed);
                                             })
        .run();
  return SolverFit<MfAls, 2>(context, /*has_lr=*/false,
                             [&](const Ratings& train, const Biases& start) {
                               return MfAls(train, start, shape_of(options.net), options.mf,
                                            options.train.seed);
                             })
      .run();
}

}  // namespace movrec
