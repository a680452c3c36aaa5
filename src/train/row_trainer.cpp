#include "movrec/train/row_trainer.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "movrec/core/random.hpp"
#include "movrec/ops/state.hpp"
#include "ops/device_random.hpp"
#include "train/optimizer.hpp"

namespace movrec {
namespace {

/// With no embedding tables there is no more to say.
TrainOptions whole(const RowTrainOptions& options) {
  TrainOptions out;
  static_cast<RowTrainOptions&>(out) = options;
  return out;
}

enum Stream : std::uint64_t { kBatches = 1, kDropout = 2, kRows = 3 };

}  // namespace

struct RowTrainer::Impl {
  Impl(std::shared_ptr<RowNet> n, RowSource s, const RowTrainOptions& o)
      : net(std::move(n)),
        source(std::move(s)),
        options(o),
        optimizer({}, net->weights(), whole(o)),
        steps_per_epoch((rows_per_epoch() + o.batch_size - 1) / o.batch_size),
        loss_sum(at::zeros({}, net->weights()[0].weight.options().dtype(at::kDouble).requires_grad(false))),
        device_random(loss_sum.device(), mix_seed(o.seed, kDropout)) {}

  std::int64_t rows_per_epoch() const { return source.n_rows * source.passes; }

  /// The epoch's permutation, of rows as often as they come.
  void start_epoch(std::int64_t epoch) {
    order = random_permutation(static_cast<std::size_t>(rows_per_epoch()), mix_seed(options.seed, kBatches),
                               static_cast<std::uint64_t>(epoch));
    order_epoch = epoch;
  }

  void step(double lr) {
    const std::int64_t epoch = steps / steps_per_epoch,
                       first = (steps % steps_per_epoch) * options.batch_size;
    if (epoch != order_epoch) start_epoch(epoch);
    if (first == 0) loss_sum.zero_();
    const std::int64_t end = std::min(first + options.batch_size, rows_per_epoch());
    std::vector<std::uint32_t> rows;
    std::vector<std::uint64_t> streams;
    for (std::int64_t at = first; at < end; ++at) {
      rows.push_back(order[static_cast<std::size_t>(at)] % static_cast<std::uint32_t>(source.n_rows));
      streams.push_back(static_cast<std::uint64_t>(epoch * rows_per_epoch() + at));
    }
    const RowStep at{.dropout = {mix_seed(options.seed, kDropout), static_cast<std::uint64_t>(steps)},
                     .epochs = static_cast<double>(steps) / static_cast<double>(steps_per_epoch),
                     .length = 1 / static_cast<double>(steps_per_epoch)};
    net->start_step(at);
    const RowBatch batch = source.batch({rows, streams, mix_seed(options.seed, kRows), net->wants_noise(at)});
    BatchGradients gradients = gradients_of(batch, at);
    optimizer.step(gradients, lr, ++steps);
    loss_sum.add_(gradients.loss, static_cast<double>(end - first));
    loss_rows = end;
  }

  /// Undefined for weights that the step does not train.
  BatchGradients gradients_of(const RowBatch& batch, const RowStep& at) const {
    std::vector<at::Tensor> trained;
    for (std::size_t w = 0; w < net->weights().size(); ++w)
      if (net->trains(w, at)) trained.push_back(net->weights()[w].weight);
    const at::Tensor loss = net->loss(batch, at);
    // A batch of which no row shows anything leaves the first weights out of the loss.
    const std::vector<at::Tensor> gradients =
        torch::autograd::grad({loss}, trained, /*grad_outputs=*/{}, /*retain_graph=*/{},
                              /*create_graph=*/false, /*allow_unused=*/true);
    BatchGradients out{.loss = loss.detach(), .tables = {}, .dense = {}};
    auto next = gradients.begin();
    for (std::size_t w = 0; w < net->weights().size(); ++w) {
      out.dense.emplace_back();
      if (!net->trains(w, at)) continue;
      const at::Tensor& gradient = *next++;
      out.dense.back() =
          gradient.defined() ? gradient.contiguous() : at::zeros_like(net->weights()[w].weight);
    }
    return out;
  }

  std::shared_ptr<RowNet> net;
  RowSource source;
  RowTrainOptions options;
  Optimizer optimizer;
  std::int64_t steps_per_epoch, steps = 0;
  std::vector<std::uint32_t> order;
  std::int64_t order_epoch = -1;
  at::Tensor loss_sum;  ///< [] double on the net's device: of the epoch's first `loss_rows` rows
  DeviceRandom device_random;
  std::int64_t loss_rows = 0;
};

RowTrainer::RowTrainer(std::shared_ptr<RowNet> net, RowSource source, const RowTrainOptions& options)
    : impl_(std::make_unique<Impl>(std::move(net), std::move(source), options)) {}
RowTrainer::RowTrainer(RowTrainer&&) noexcept = default;
RowTrainer::~RowTrainer() = default;

int RowTrainer::steps_per_epoch() const {
  return static_cast<int>(impl_->steps_per_epoch);
}
void RowTrainer::step(double lr) {
  impl_->step(lr);
}
std::int64_t RowTrainer::steps() const {
  return impl_->steps;
}
double RowTrainer::loss() const {
  return impl_->loss_rows > 0 ? impl_->loss_sum.item<double>() / static_cast<double>(impl_->loss_rows) : 0;
}

StateDict RowTrainer::state() const {
  StateDict state = impl_->optimizer.state();
  impl_->device_random.save(state);
  state.set("step", impl_->steps);
  state.set("loss_sum", to_state(impl_->loss_sum.view({1})));
  state.set("loss_rows", impl_->loss_rows);
  return state;
}

void RowTrainer::load(const StateDict& state) {
  impl_->steps = state.number<std::int64_t>("step");
  impl_->optimizer.load(state, impl_->steps);
  impl_->device_random.load(state);
  at::Tensor loss_sum = impl_->loss_sum.view({1});
  copy_from_state(loss_sum, state, "loss_sum");
  impl_->loss_rows = state.number<std::int64_t>("loss_rows");
}

}  // namespace movrec
