#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>

#include "movrec/net/gradient_pass.hpp"
#include "train/optimizer.hpp"

using namespace movrec;

namespace {

constexpr std::int64_t kUsers = 60, kItems = 25, kBatch = 16;

std::unique_ptr<Net> small_net() {
  NetOptions options;
  options.embedding_dim = 5;
  options.layers = {6, 4};
  options.init_std = 0.5;
  options.bias_terms = true;
  return make_pair_net("neumf", {kUsers, kItems, {1, 5}, 3.5}, options, 3);
}

/// Twelve steps of the optimizer; the net is trained in place.
void train(Net& net, const TrainOptions& options, bool kernels) {
  Optimizer optimizer(net.tables(), net.weights(), options);
  const auto pass = kernels ? net.make_cpu_pass() : make_autograd_pass(net);
  RowGrouper users(kUsers), items(kItems);
  at::manual_seed(8);
  for (std::int64_t step = 1; step <= 12; ++step) {
    const at::Tensor batch_users = at::randint(0, kUsers, {kBatch}, at::kInt);
    const at::Tensor batch_items = at::randint(0, kItems, {kBatch}, at::kInt);
    const Batch batch{batch_users, batch_items, at::rand({kBatch}) * 4 + 1, users.group(batch_users),
                      items.group(batch_items)};
    optimizer.catch_up(batch.user_rows, batch.item_rows);
    optimizer.step(batch, pass->run(batch, {1, static_cast<std::uint64_t>(step)}), options.lr, step);
  }
  optimizer.finish();
}

/// The same twelve steps as any user of LibTorch would write them.
void train_by_libtorch(Net& net, torch::optim::Optimizer& optimizer) {
  at::manual_seed(8);
  for (std::int64_t step = 1; step <= 12; ++step) {
    const at::Tensor users = at::randint(0, kUsers, {kBatch}, at::kInt);
    const at::Tensor items = at::randint(0, kItems, {kBatch}, at::kInt);
    const at::Tensor stars = at::rand({kBatch}) * 4 + 1;
    std::vector<at::Tensor> rows;
    for (const EmbeddingTable& table : net.tables())
      rows.push_back(table.weight.index_select(0, table.side == Side::user ? users : items));
    const DropoutStep dropout{1, static_cast<std::uint64_t>(step)};
    optimizer.zero_grad();
    at::mse_loss(net.forward(rows, &dropout), stars).backward();
    optimizer.step();
  }
}

std::vector<at::Tensor> parameters(Net& net) {
  std::vector<at::Tensor> all;
  for (EmbeddingTable& table : net.tables()) all.push_back(table.weight);
  for (DenseWeight& weight : net.weights()) all.push_back(weight.weight);
  return all;
}

/// Algorithm 2 of the paper, which LibTorch does not have.
class PlainLion : public torch::optim::Optimizer {
 public:
  explicit PlainLion(std::vector<at::Tensor> parameters)
      : Optimizer({torch::optim::OptimizerParamGroup(std::move(parameters))},
                  std::make_unique<torch::optim::SGDOptions>(0.02)) {}
  at::Tensor step(LossClosure) override {
    at::NoGradGuard no_grad;
    for (at::Tensor& p : param_groups()[0].params()) {
      at::Tensor& m = means_.try_emplace(p.unsafeGetTensorImpl(), at::zeros_like(p)).first->second;
      const at::Tensor c = 0.9 * m + 0.1 * p.grad();
      p -= 0.02 * (c.sign() + 0.03 * p);
      m = 0.99 * m + 0.01 * p.grad();
    }
    return {};
  }

 private:
  std::map<void*, at::Tensor> means_;
};

class DenseSteps : public testing::TestWithParam<const char*> {};

// Steps that wait until a row is wanted end where LibTorch's optimizers end, which pass over everything.
TEST_P(DenseSteps, EqualLibTorchsOptimizers) {
  TrainOptions options;
  options.optimizer = GetParam();
  options.embedding_update = "dense";
  options.lr = 0.02;
  options.momentum = 0.9;
  options.weight_decay = 0.03;
  const auto ours = small_net(), theirs = small_net();
  for (EmbeddingTable& table : theirs->tables()) table.weight.requires_grad_();
  std::unique_ptr<torch::optim::Optimizer> optimizer;
  const std::string name = GetParam();
  const std::vector<at::Tensor> all = parameters(*theirs);
  namespace optim = torch::optim;
  if (name == "sgd")
    optimizer = std::make_unique<optim::SGD>(all, optim::SGDOptions(0.02).momentum(0.9).weight_decay(0.03));
  if (name == "adam")
    optimizer = std::make_unique<optim::Adam>(all, optim::AdamOptions(0.02).weight_decay(0.03));
  if (name == "adamw")
    optimizer = std::make_unique<optim::AdamW>(all, optim::AdamWOptions(0.02).weight_decay(0.03));
  if (name == "rmsprop")
    optimizer =
        std::make_unique<optim::RMSprop>(all, optim::RMSpropOptions(0.02).momentum(0.9).weight_decay(0.03));
  if (name == "adagrad")
    optimizer = std::make_unique<optim::Adagrad>(all, optim::AdagradOptions(0.02).weight_decay(0.03));
  if (name == "lion") optimizer = std::make_unique<PlainLion>(all);
  train(*ours, options, /*kernels=*/true);
  train_by_libtorch(*theirs, *optimizer);
  const std::vector<at::Tensor> a = parameters(*ours), b = parameters(*theirs);
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_TRUE(at::allclose(a[i].detach(), b[i].detach(), 2e-4, 2e-4))
        << i << ' ' << (a[i] - b[i]).abs().max().item<float>();
}

INSTANTIATE_TEST_SUITE_P(Rules,
                         DenseSteps,
                         testing::Values("sgd", "adam", "adamw", "rmsprop", "adagrad", "lion"));

TEST(Lion, StepsByTheSignWhateverTheSizeOfTheGradient) {
  const UpdateRule& lion = find_update_rule("lion");
  UpdateNumbers numbers;
  numbers.lr = 0.1;
  numbers.weight_decay = 0.5;
  float p[] = {1, 1, 1}, mean[] = {0, 0, 0};
  const float gradient[] = {1e-6F, -300, 0};
  lion.fused(p, gradient, mean, nullptr, 3, numbers);
  EXPECT_FLOAT_EQ(p[0], 0.95F - 0.1F);
  EXPECT_FLOAT_EQ(p[1], 0.95F + 0.1F);
  EXPECT_FLOAT_EQ(p[2], 0.95F);
  EXPECT_FLOAT_EQ(mean[1], -3);
  // The mean looks ahead: 0.9 (-3) + 0.1 · 40 > 0, though the kept one stays below 0.
  const float turned[] = {0, 40, 0};
  lion.fused(p, turned, mean, nullptr, 3, numbers);
  EXPECT_FLOAT_EQ(p[1], 1.05F * 0.95F - 0.1F);
  EXPECT_LT(mean[1], 0);
}

TEST(SparseSteps, LeaveOtherRowsAlone) {
  const auto net = small_net();
  const at::Tensor before = net->tables()[0].weight.clone();
  TrainOptions options;
  options.weight_decay = 0.1;
  Optimizer optimizer(net->tables(), net->weights(), options);
  const at::Tensor users = at::zeros({3}, at::kInt), items = at::arange(3, at::kInt);
  RowGrouper user_rows(kUsers), item_rows(kItems);
  const Batch batch{users, items, at::full({3}, 5.F), user_rows.group(users), item_rows.group(items)};
  optimizer.step(batch, net->make_cpu_pass()->run(batch, {1, 1}), 0.1, 1);
  const at::Tensor after = net->tables()[0].weight;
  EXPECT_FALSE(at::equal(after[0], before[0]));
  EXPECT_TRUE(at::equal(after.slice(0, 1), before.slice(0, 1)));
}

// Clipping and the penalty per rating see the same gradients whichever way they were taken.
TEST(SparseSteps, KernelsAndAutogradTrainTheSameNet) {
  for (const double clip : {0.0, 0.5}) {
    TrainOptions options;
    options.embedding_l2 = 0.1;
    options.clip_norm = clip;
    options.lr = 0.01;
    options.optimizer = "sgd";
    const auto one = small_net(), two = small_net();
    train(*one, options, true);
    train(*two, options, false);
    const std::vector<at::Tensor> a = parameters(*one), b = parameters(*two);
    for (std::size_t i = 0; i < a.size(); ++i)
      EXPECT_TRUE(at::allclose(a[i].detach(), b[i].detach(), 1e-4, 1e-5)) << clip << ' ' << i;
  }
}

}  // namespace
