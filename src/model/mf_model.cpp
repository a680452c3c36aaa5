#include "movrec/model/mf_model.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "movrec/core/progress.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/model/net_model.hpp"
#include "movrec/solve/mf_als.hpp"

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

/// Runs the epochs of a MfAls and shows them to the context as those of a Trainer.
class AlsFit {
 public:
  explicit AlsFit(const FitContext& context)
      : context_(context),
        options_(context.spec.options.train),
        start_(fit_biases(context.train, context.spec.options.bias)),
        als_(context.train, start_, shape(context.spec.options.net), context.spec.options.mf, options_.seed) {
    if (context.resume) load(context.resume->trainer);
    model_ = start_net_model(context.spec, context.train, start_, weights_of(als_.tables(), context.spec));
  }

  std::unique_ptr<Model> run() {
    if (context_.on_start) context_.on_start(*model_);
    const int last = context_.last_epoch > 0 ? context_.last_epoch : options_.epochs;
    while (true) {
      const int epoch = static_cast<int>(als_.steps() / kStepsPerEpoch) + 1;
      if (epoch > last) break;
      const bool finished = run_epoch(epoch);
      load_net_weights(*model_, weights_of(als_.tables(), context_.spec));
      EpochStats now = stats(epoch, !finished);
      if (finished) {
        if (context_.validate) now.valid_rmse = context_.validate(*model_);
        epoch_seconds_ = 0;
      }
      const bool stop = context_.on_epoch && context_.on_epoch({now, *model_, [&] { return state(); }});
      if (stop || !finished || stop_signal() != 0) break;
    }
    return std::move(model_);
  }

 private:
  static constexpr int kStepsPerEpoch = 2;

  static MfShape shape(const NetOptions& net) {
    return {static_cast<std::size_t>(net.embedding_dim), net.bias_terms, net.global_mean};
  }

  /// The rest of the epoch; false if a signal broke it off.
  bool run_epoch(int epoch) {
    Progress progress(fmt::format("epoch {}/{}", epoch, options_.epochs), kStepsPerEpoch, "steps");
    while (als_.steps() < std::int64_t{epoch} * kStepsPerEpoch) {
      if (stop_signal() != 0) return false;
      const auto started = Clock::now();
      als_.step();
      epoch_seconds_ += std::chrono::duration<double>(Clock::now() - started).count();
      if (!std::isfinite(als_.loss()))
        throw Error(ErrorKind::failure,
                    fmt::format("training diverged in epoch {}: the loss is {}", epoch, als_.loss()),
                    "the stars are too large for float arithmetic", "stars in single digits");
      progress.update(als_.steps() - std::int64_t{epoch - 1} * kStepsPerEpoch);
    }
    return true;
  }

  EpochStats stats(int epoch, bool interrupted) const {
    EpochStats out;
    out.epoch = epoch;
    out.epochs = options_.epochs;
    out.train_loss = als_.loss();
    out.seconds = epoch_seconds_;
    out.rows = interrupted ? 0 : static_cast<std::int64_t>(context_.train.size());
    out.interrupted = interrupted;
    return out;
  }

  StateDict state() const {
    StateDict state = als_.state();
    state.set("epoch_seconds", StateArray::of(std::span(&epoch_seconds_, 1), {1}));
    return state;
  }

  void load(const StateDict& state) {
    als_.load(state);
    epoch_seconds_ = state.values<double>("epoch_seconds", 1)[0];
  }

  const FitContext& context_;
  const TrainOptions& options_;
  Biases start_;
  MfAls als_;
  double epoch_seconds_ = 0;
  std::unique_ptr<Model> model_;
};

}  // namespace

std::unique_ptr<Model> fit_mf_model(const FitContext& context) {
  if (context.spec.options.mf.solver == "autograd") return fit_net_model(context);
  return AlsFit(context).run();
}

}  // namespace movrec
