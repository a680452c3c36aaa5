#include "movrec/train/trainer.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "movrec/core/progress.hpp"
#include "movrec/core/random.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/core/stopwatch.hpp"
#include "movrec/net/gradient_pass.hpp"
#include "movrec/net/net.hpp"
#include "movrec/ops/state.hpp"
#include "movrec/train/common/schedule.hpp"
#include "ops/device_random.hpp"
#include "train/device_steps.hpp"
#include "train/optimizer.hpp"

namespace movrec {
namespace {

using Clock = std::chrono::steady_clock;

/// A column as a tensor on the device, without a copy on the CPU.
template <class T>
at::Tensor column(const std::vector<T>& values, at::ScalarType type, const at::Device& device) {
  auto* data = const_cast<T*>(values.data());
  return at::from_blob(data, {static_cast<std::int64_t>(values.size())}, at::TensorOptions(type)).to(device);
}

enum Stream : std::uint64_t { kBatches = 1, kDropout = 2 };

}  // namespace

struct Trainer::Impl {
  Impl(Net& n, const Ratings& train, const TrainOptions& o, const std::string& device_name, bool by_tensors)
      : net(n),
        options(o),
        device(device_name),
        users(column(train.users, at::kInt, device)),
        items(column(train.items, at::kInt, device)),
        stars(column(train.stars, at::kFloat, device)),
        n_rows(static_cast<std::int64_t>(train.size())),
        steps_per_epoch((n_rows + o.batch_size - 1) / o.batch_size),
        user_grouper(train.n_users),
        item_grouper(train.n_items),
        pass(by_tensors ? make_autograd_pass(n, o.amp) : make_gradient_pass(n)),
        optimizer(n.tables(), n.weights(), o, by_tensors),
        loss_sum(at::zeros({}, at::TensorOptions(at::kDouble).device(device))),
        device_random(device, mix_seed(o.seed, kDropout)),
        watch(by_tensors
                  ? std::vector<std::string_view>{"batches", "steps"}
                  : std::vector<std::string_view>{"batches", "dense steps of other rows", "optimizer"}) {
    if (by_tensors) device_steps.emplace(options, *pass, optimizer, loss_sum);
  }

  DropoutStep dropout() const { return {mix_seed(options.seed, kDropout), static_cast<std::uint64_t>(step)}; }
  double lr(std::int64_t at) const { return lr_at(options, options.epochs, at, steps_per_epoch, valid_rmse); }

  /// One step on rows [begin, end) of the epoch's columns; adds the batch's squared errors to loss_sum.
  void train_step(std::int64_t begin, std::int64_t end) {
    if (device_steps) return device_steps->run(dropout());
    watch.start();
    const at::Tensor batch_users = epoch_users.slice(0, begin, end);
    const at::Tensor batch_items = epoch_items.slice(0, begin, end);
    const Batch batch{batch_users, batch_items, epoch_stars.slice(0, begin, end),
                      user_grouper.group(batch_users), item_grouper.group(batch_items)};
    watch.lap(0);
    optimizer.catch_up(batch.user_rows, batch.item_rows);
    watch.lap(1);
    BatchGradients& gradients = pass->run(batch, dropout());
    watch.start();
    loss_sum.add_(gradients.loss, static_cast<double>(end - begin));
    optimizer.step(batch, gradients, lr(step), step + 1);
    watch.lap(2);
  }

  /// Seconds since the epoch began, by phase.
  std::vector<std::pair<std::string, double>> phases() const {
    std::vector<std::pair<std::string, double>> out = watch.phases();
    if (!device_steps) {
      const auto of_pass = pass->phases();
      out.insert(out.begin() + 1, of_pass.begin(), of_pass.end());
    }
    for (std::size_t i = 0; i < phases_before.size(); ++i) out[i].second -= phases_before[i].second;
    return out;
  }

  void check_finite(int epoch) const {
    const double sum = loss_sum.item<double>();
    if (!std::isfinite(sum))
      throw Error(ErrorKind::failure,
                  fmt::format("training diverged in epoch {}, step {}: the loss is {}", epoch, step, sum),
                  fmt::format("the learning rate is {:.3g}", lr(step)),
                  fmt::format("‹lr› {:.3g} or ‹clip-norm› 1", options.lr / 10));
  }

  EpochStats stats(int epoch, bool interrupted) const {
    EpochStats out;
    out.epoch = epoch;
    out.epochs = options.epochs;
    out.rows = rows_done(step - (epoch - 1) * steps_per_epoch);
    out.train_loss = out.rows > 0 ? loss_sum.item<double>() / static_cast<double>(out.rows) : 0;
    out.lr = lr(std::max<std::int64_t>(step - 1, 0));
    out.seconds = epoch_seconds;
    out.interrupted = interrupted;
    out.flops = static_cast<double>(net.flops_per_row() * out.rows);
    out.phases = phases();
    return out;
  }

  std::int64_t rows_done(std::int64_t steps) const { return std::min(steps * options.batch_size, n_rows); }

  /// The rest of the epoch that `step` stands in; false if a signal broke it off.
  bool run_epoch(int epoch) {
    const auto started = Clock::now();
    phases_before.clear();
    phases_before = phases();
    watch.start();
    const double seconds_before = epoch_seconds;
    const std::int64_t first = (epoch - 1) * steps_per_epoch;
    const auto order = random_permutation(static_cast<std::size_t>(n_rows), mix_seed(options.seed, kBatches),
                                          static_cast<std::uint64_t>(epoch));
    {
      const at::Tensor rows = column(order, at::kInt, device);
      epoch_users = users.index_select(0, rows);
      epoch_items = items.index_select(0, rows);
      epoch_stars = stars.index_select(0, rows);
    }
    if (device_steps) {
      std::vector<UpdateNumbers> numbers;
      for (std::int64_t s = first; s < first + steps_per_epoch; ++s)
        numbers.push_back(optimizer.numbers_at(lr(s), s + 1));
      device_steps->start_epoch(epoch_users, epoch_items, epoch_stars, numbers, step - first);
    }
    watch.lap(0);
    Progress progress(fmt::format("epoch {}/{}", epoch, options.epochs), n_rows, "rows");
    bool finished = true;
    while (step < first + steps_per_epoch) {
      if (stop_signal() != 0) {
        finished = false;
        break;
      }
      const std::int64_t begin = (step - first) * options.batch_size;
      train_step(begin, std::min(begin + options.batch_size, n_rows));
      ++step;
      // On a GPU, asking for the loss would wait for it: only the epoch's end does.
      if (device.is_cpu()) check_finite(epoch);
      progress.update(rows_done(step - first));
    }
    if (!device_steps) {
      watch.start();
      optimizer.finish();
    }
    check_finite(epoch);  // a GPU's steps end here
    watch.lap(1);
    epoch_seconds = seconds_before + std::chrono::duration<double>(Clock::now() - started).count();
    return finished;
  }

  Net& net;
  TrainOptions options;
  at::Device device;
  at::Tensor users, items, stars;
  at::Tensor epoch_users, epoch_items, epoch_stars;  ///< the same in the epoch's order: a batch is a slice
  std::int64_t n_rows, steps_per_epoch;
  RowGrouper user_grouper, item_grouper;
  std::unique_ptr<GradientPass> pass;
  Optimizer optimizer;
  at::Tensor loss_sum;  ///< of the current epoch, on the device
  DeviceRandom device_random;
  std::optional<DeviceSteps> device_steps;  ///< where steps are by tensors
  std::int64_t step = 0;
  double epoch_seconds = 0;
  Stopwatch watch;
  std::vector<std::pair<std::string, double>> phases_before;  ///< the epoch
  std::vector<double> valid_rmse;                             ///< of finished epochs
};

Trainer::Trainer(
    Net& net, const Ratings& train, const TrainOptions& options, const std::string& device, bool by_tensors)
    : impl_(std::make_unique<Impl>(net, train, options, device, by_tensors)) {}
Trainer::~Trainer() = default;

int Trainer::epochs_done() const {
  return static_cast<int>(impl_->step / impl_->steps_per_epoch);
}

EpochStats Trainer::run_epoch() {
  const int epoch = epochs_done() + 1;
  const bool finished = impl_->run_epoch(epoch);
  return impl_->stats(epoch, !finished);
}

void Trainer::end_epoch(double valid) {
  impl_->valid_rmse.push_back(valid);
  impl_->loss_sum.zero_();
  impl_->epoch_seconds = 0;
}

StateDict Trainer::state() const {
  const Impl& it = *impl_;
  StateDict state = it.optimizer.state();
  it.device_random.save(state);
  state.set("step", it.step);
  state.set("epoch_seconds", it.epoch_seconds);
  state.set("loss_sum", to_state(it.loss_sum));
  state.set("valid_rmse", it.valid_rmse);
  return state;
}

void Trainer::load(const StateDict& state) {
  Impl& it = *impl_;
  it.step = state.number<std::int64_t>("step");
  it.optimizer.load(state, it.step);
  it.device_random.load(state);
  it.epoch_seconds = state.number<double>("epoch_seconds");
  copy_from_state(it.loss_sum, state, "loss_sum");
  it.valid_rmse = state.list<double>("valid_rmse");
}

}  // namespace movrec
