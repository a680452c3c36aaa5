#include <ATen/record_function.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

#include "movrec/core/random.hpp"
#include "movrec/train/trainer.hpp"
#include "ops/device_random.hpp"
#include "train/device_steps.hpp"

using namespace movrec;

namespace {

constexpr std::int64_t kUsers = 60, kItems = 25, kRows = 100;  // six batches of 16 and one of 4
constexpr int kEpochs = 3;

std::unique_ptr<Net> small_net() {
  NetOptions options;
  options.embedding_dim = 5;
  options.layers = {6, 4};
  options.init_std = 0.5;
  options.dropout = 0.2;
  options.bias_terms = true;
  return make_pair_net("neumf", {kUsers, kItems, {1, 5}, 3.5}, options, 3);
}

TrainOptions options_of(const std::string& rule, const std::string& update) {
  TrainOptions options;
  options.batch_size = 16;
  options.optimizer = rule;
  options.embedding_update = update;
  options.lr = 0.02;
  options.weight_decay = 0.03;
  options.embedding_l2 = 0.01;
  options.clip_norm = 0.7;
  options.schedule = "cosine";
  options.epochs = kEpochs;
  return options;
}

struct Columns {
  explicit Columns(int epoch) {
    at::manual_seed(static_cast<std::uint64_t>(epoch));
    users = at::randint(0, kUsers, {kRows}, at::kInt);
    items = at::randint(0, kItems, {kRows}, at::kInt);
    stars = at::rand({kRows}) * 4 + 1;
  }
  at::Tensor users, items, stars;
};

double lr_of(const TrainOptions& options, std::int64_t step) {
  return options.lr / (1 + 0.1 * static_cast<double>(step));
}

/// As the CPU trains: batch after batch, groups by RowGrouper.
double train_on_host(Net& net, const TrainOptions& options) {
  Optimizer optimizer(net.tables(), net.weights(), options);
  const auto pass = make_autograd_pass(net);
  RowGrouper users(kUsers), items(kItems);
  double loss_sum = 0;
  std::int64_t step = 0;
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    const Columns columns(epoch);
    for (std::int64_t begin = 0; begin < kRows; begin += options.batch_size, ++step) {
      const std::int64_t end = std::min(begin + options.batch_size, kRows);
      const at::Tensor batch_users = columns.users.slice(0, begin, end),
                       batch_items = columns.items.slice(0, begin, end);
      const Batch batch{batch_users, batch_items, columns.stars.slice(0, begin, end),
                        users.group(batch_users), items.group(batch_items)};
      optimizer.catch_up(batch.user_rows, batch.item_rows);
      BatchGradients& gradients = pass->run(batch, {1, static_cast<std::uint64_t>(step)});
      loss_sum += gradients.loss.item<double>() * static_cast<double>(end - begin);
      optimizer.step(batch, gradients, lr_of(options, step), step + 1);
    }
    optimizer.finish();
  }
  return loss_sum;
}

/// As a GPU does; from `first` on in the first epoch.
class OnDevice {
 public:
  OnDevice(Net& net, const TrainOptions& options)
      : options_(options),
        pass_(make_autograd_pass(net)),
        optimizer_(net.tables(), net.weights(), options, /*by_tensors=*/true),
        steps_(options, *pass_, optimizer_, loss_sum) {}

  void start_epoch(int epoch, std::int64_t first = 0) {
    const Columns columns(epoch);
    const std::int64_t n_steps = (kRows + options_.batch_size - 1) / options_.batch_size;
    std::vector<UpdateNumbers> numbers;
    for (std::int64_t step = epoch * n_steps; step < (epoch + 1) * n_steps; ++step)
      numbers.push_back(optimizer_.numbers_at(lr_of(options_, step), step + 1));
    steps_.start_epoch(columns.users, columns.items, columns.stars, numbers, first);
    next_ = epoch * n_steps + first;
    left_ = n_steps - first;
  }
  void run(std::int64_t n) {
    for (; n > 0 && left_ > 0; --n, --left_) steps_.run({1, static_cast<std::uint64_t>(next_++)});
  }
  void run_epoch(int epoch) {
    start_epoch(epoch);
    run(left_);
  }

  at::Tensor loss_sum = at::zeros({}, at::kDouble);
  Optimizer& optimizer() { return optimizer_; }

 private:
  TrainOptions options_;
  std::unique_ptr<GradientPass> pass_;
  Optimizer optimizer_;
  DeviceSteps steps_;
  std::int64_t next_ = 0, left_ = 0;
};

std::vector<at::Tensor> parameters(Net& net) {
  std::vector<at::Tensor> all;
  for (EmbeddingTable& table : net.tables()) all.push_back(table.weight);
  for (DenseWeight& weight : net.weights()) all.push_back(weight.weight.detach());
  return all;
}

class DeviceStepsOf : public testing::TestWithParam<std::tuple<std::string_view, const char*>> {};

TEST_P(DeviceStepsOf, TrainTheNetThatTheHostTrains) {
  const TrainOptions options = options_of(std::string(std::get<0>(GetParam())), std::get<1>(GetParam()));
  const auto host = small_net(), device = small_net();
  const double loss_sum = train_on_host(*host, options);
  OnDevice on_device(*device, options);
  for (int epoch = 0; epoch < kEpochs; ++epoch) on_device.run_epoch(epoch);
  const std::vector<at::Tensor> a = parameters(*host), b = parameters(*device);
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_TRUE(at::allclose(a[i], b[i], 2e-4, 2e-5)) << i << ' ' << (a[i] - b[i]).abs().max().item<float>();
  EXPECT_NEAR(on_device.loss_sum.item<double>(), loss_sum, 1e-3 * loss_sum);
}

INSTANTIATE_TEST_SUITE_P(Rules,
                         DeviceStepsOf,
                         testing::Combine(testing::ValuesIn(optimizer_names()),
                                          testing::Values("sparse", "dense")),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param)) + "_" + std::get<1>(test.param);
                         });

TEST(DeviceSteps, GoOnInTheMiddleOfAnEpochToTheSameBits) {
  const TrainOptions options = options_of("adam", "sparse");
  const auto straight = small_net(), broken = small_net();
  OnDevice(*straight, options).run_epoch(0);
  StateDict state;
  {
    OnDevice first(*broken, options);
    first.start_epoch(0);
    first.run(4);
    state = first.optimizer().state();
  }
  OnDevice second(*broken, options);
  second.optimizer().load(state, 4);
  second.start_epoch(0, 4);
  second.run(100);
  const std::vector<at::Tensor> a = parameters(*straight), b = parameters(*broken);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(at::equal(a[i], b[i])) << i;
}

Ratings many_ratings() {
  Ratings ratings;
  ratings.n_users = kUsers;
  ratings.n_items = kItems;
  RandomStream random(5, 1);
  for (int k = 0; k < 700; ++k) {
    ratings.users.push_back(UserIdx{static_cast<std::int32_t>(random.below(kUsers))});
    ratings.items.push_back(ItemIdx{static_cast<std::int32_t>(random.below(kItems))});
    ratings.stars.push_back(static_cast<float>(1 + random.below(5)));
  }
  return ratings;
}

struct Trained {
  std::unique_ptr<Net> net = small_net();
  std::vector<EpochStats> epochs;
  StateDict state;
};

Trained run_trainer(TrainOptions options,
                    bool by_tensors,
                    int stop_after = 0,
                    const StateDict* from = nullptr,
                    std::unique_ptr<Net> net = small_net()) {
  Trained out;
  out.net = std::move(net);
  const Ratings ratings = many_ratings();
  Trainer trainer(*out.net, ratings, options, "cpu", by_tensors);
  if (from != nullptr) trainer.load(*from);
  run_epochs(trainer, stop_after > 0 ? stop_after : options.epochs,
             {.on_epoch = [&](const EpochStats& stats) {
               out.epochs.push_back(stats);
               return false;
             }});
  out.state = trainer.state();
  return out;
}

TEST(Trainer, TrainsTheSameNetByKernelsAndByTensors) {
  TrainOptions options = options_of("adam", "sparse");
  options.epochs = 4;
  const Trained kernels = run_trainer(options, false), tensors = run_trainer(options, true);
  const std::vector<at::Tensor> a = parameters(*kernels.net), b = parameters(*tensors.net);
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_TRUE(at::allclose(a[i], b[i], 1e-3, 1e-4)) << i << ' ' << (a[i] - b[i]).abs().max().item<float>();
  ASSERT_EQ(tensors.epochs.size(), 4U);
  for (std::size_t e = 0; e < 4; ++e) {
    EXPECT_NEAR(tensors.epochs[e].train_loss, kernels.epochs[e].train_loss, 1e-3);
    EXPECT_EQ(tensors.epochs[e].lr, kernels.epochs[e].lr);
  }
  for (const Trained* one : {&kernels, &tensors})  // no second is in two phases
    for (const EpochStats& stats : one->epochs) {
      double named = 0;
      for (const auto& [name, seconds] : stats.phases) named += seconds;
      EXPECT_GT(named, 0);
      EXPECT_LE(named, stats.seconds + 1e-4);
    }
}

TEST(Trainer, ByTensorsResumesToTheSameBits) {
  TrainOptions options = options_of("rmsprop", "dense");
  options.epochs = 4;
  const Trained straight = run_trainer(options, true);
  Trained half = run_trainer(options, true, 2);
  const Trained whole = run_trainer(options, true, 0, &half.state, std::move(half.net));
  const std::vector<at::Tensor> a = parameters(*straight.net), b = parameters(*whole.net);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(at::equal(a[i], b[i])) << i;
}

/// LibTorch's operations whose result, or its shape, the host waits for.
const std::set<std::string> kWaits{
    "aten::item",     "aten::_local_scalar_dense", "aten::is_nonzero",    "aten::nonzero",
    "aten::_unique2", "aten::unique_consecutive",  "aten::masked_select", "aten::equal"};
std::set<std::string>* seen_operations = nullptr;

// Whatever waits for a GPU in a step makes it slow and cannot be recorded.
TEST(DeviceSteps, AskTheDeviceForNothing) {
  const TrainOptions options = options_of("adam", "sparse");
  const auto net = small_net();
  OnDevice on_device(*net, options);
  std::set<std::string> seen;
  seen_operations = &seen;
  const auto handle = at::addThreadLocalCallback(at::RecordFunctionCallback(
      [](const at::RecordFunction& function) -> std::unique_ptr<at::ObserverContext> {
        seen_operations->insert(function.name());
        return nullptr;
      }));
  on_device.start_epoch(0);
  on_device.run(100);
  at::removeCallback(handle);
  EXPECT_TRUE(seen.contains("aten::segment_reduce") && seen.contains("aten::addmm")) << "nothing was watched";
  for (const std::string& name : kWaits) EXPECT_FALSE(seen.contains(name)) << name;
}

TEST(DeviceRandom, GoesOnWhereItWasSaved) {
  const auto draw = [](const at::Generator& generator) { return at::rand({5}, generator); };
  at::Generator generator = at::detail::createCPUGenerator();
  const DeviceRandom random(generator, 9);
  draw(generator);
  StateDict state;
  random.save(state);
  const at::Tensor expected = draw(generator);
  at::Generator other = at::detail::createCPUGenerator();
  DeviceRandom resumed(other, 9);
  EXPECT_FALSE(at::equal(draw(other), expected));
  resumed.load(state);
  EXPECT_TRUE(at::equal(draw(other), expected));
  StateDict none;
  DeviceRandom(at::Device(at::kCPU), 9).save(none);
  EXPECT_TRUE(none.arrays().empty());
}

}  // namespace
