#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "movrec/net/gradient_pass.hpp"
#include "movrec/net/net.hpp"
#include "net/pair_net.hpp"

using namespace movrec;

namespace {

NetShape ml_1m() {
  return {6040, 3706, {1, 5}, 3.58};
}

std::vector<at::Tensor> rows_of(const Net& net, const at::Tensor& users, const at::Tensor& items) {
  std::vector<at::Tensor> rows;
  for (const EmbeddingTable& table : net.tables())
    rows.push_back(table.weight.index_select(0, table.side == Side::user ? users : items));
  return rows;
}

at::Tensor& weight(Net& net, const std::string& name) {
  for (EmbeddingTable& table : net.tables())
    if (table.name == name) return table.weight;
  for (DenseWeight& dense : net.weights())
    if (dense.name == name) return dense.weight;
  throw std::invalid_argument(name);
}

TEST(PairNet, HasThePublishedNumbersOfParameters) {
  NetOptions mlp;
  mlp.layers = {256, 128, 64, 32};
  EXPECT_EQ(make_pair_net("mlp", ml_1m(), mlp, 1)->n_parameters(), 2'667'521);
  NetOptions gmf;
  gmf.embedding_dim = 50;
  EXPECT_EQ(make_pair_net("gmf", ml_1m(), gmf, 1)->n_parameters(), 487'351);
  NetOptions biased;
  biased.embedding_dim = 8;
  biased.bias_terms = true;
  EXPECT_EQ(make_pair_net("biased-mf", ml_1m(), biased, 1)->n_parameters(), (6040 + 3706) * 9);
}

// NeuMF of ML-100K: product of 32, tower 512 -> 256 -> 128 -> 64 -> 32, one output over both.
TEST(PairNet, NeuMfHasTheLayersOfItsTwoTowers) {
  NetOptions options;
  options.embedding_dim = 32;
  options.layers = {256, 128, 64, 32, 16};
  const auto net = make_pair_net("neumf", {943, 1682, {1, 5}, 0}, options, 1);
  EXPECT_EQ(weight(*net, "user_factors").sizes(), (std::vector<std::int64_t>{943, 32}));
  EXPECT_EQ(weight(*net, "item_tower").sizes(), (std::vector<std::int64_t>{1682, 256}));
  EXPECT_EQ(weight(*net, "hidden0.weight").sizes(), (std::vector<std::int64_t>{256, 512}));
  EXPECT_EQ(weight(*net, "hidden3.weight").sizes(), (std::vector<std::int64_t>{32, 64}));
  EXPECT_EQ(weight(*net, "head.weight").numel() + weight(*net, "product.weight").numel(), 64);
}

TEST(PairNet, ForwardEqualsAHandComputedCase) {
  NetOptions options;
  options.embedding_dim = 2;
  options.layers = {1, 1};
  options.bias_terms = true;
  options.global_mean = true;
  const auto net = make_pair_net("neumf", {2, 2, {1, 5}, 3}, options, 1);
  weight(*net, "user_bias") = at::tensor({0.1F, 0.2F}).view({2, 1});
  weight(*net, "item_bias") = at::tensor({0.F, -0.5F}).view({2, 1});
  weight(*net, "user_factors") = at::tensor({1.F, 2.F, 3.F, 4.F}).view({2, 2});
  weight(*net, "item_factors") = at::tensor({0.F, 0.F, 5.F, 6.F}).view({2, 2});
  weight(*net, "product.weight") = at::tensor({0.5F, 0.25F}).view({1, 2});
  weight(*net, "user_tower") = at::tensor({0.F, 2.F}).view({2, 1});
  weight(*net, "item_tower") = at::tensor({0.F, 3.F}).view({2, 1});
  weight(*net, "hidden0.weight") = at::tensor({1.F, 1.F, -1.F, -1.F}).view({2, 2});
  weight(*net, "hidden0.bias") = at::tensor({0.5F, 0.5F});
  weight(*net, "head.weight") = at::tensor({2.F, 100.F}).view({1, 2});
  weight(*net, "head.bias") = at::tensor({0.25F});
  const at::Tensor one = at::tensor({1}, at::kLong);
  // 3 + (0.2 - 0.5) + (0.5*3*5 + 0.25*4*6) + 2*relu(2 + 3 + 0.5) + 100*relu(-4.5) + 0.25
  EXPECT_NEAR(net->forward(rows_of(*net, one, one), nullptr).item<double>(), 3 - 0.3 + 13.5 + 11 + 0.25,
              1e-5);
}

class EveryPairNet : public testing::TestWithParam<std::string_view> {};

TEST_P(EveryPairNet, ScoresOfAllItemsEqualForwardOnEveryPair) {
  for (const char* output : {"raw", "sigmoid"})
    for (const std::vector<std::int64_t>& layers : {std::vector<std::int64_t>{6}, {6, 5, 3}}) {
      NetOptions options;
      options.embedding_dim = 4;
      options.layers = layers;
      options.init_std = 0.5;
      options.bias_terms = true;
      options.global_mean = true;
      options.output = output;
      const auto net = make_pair_net(GetParam(), {7, 11, {1, 5}, 3.5}, options, 3);
      const at::Tensor users = at::tensor({6, 0, 3}, at::kInt);
      const at::Tensor scores = net->score(users, at::arange(11, at::kInt));
      const at::Tensor pair_users = users.repeat_interleave(11),
                       pair_items = at::arange(11, at::kInt).repeat({3});
      const at::Tensor pairs = net->forward(rows_of(*net, pair_users, pair_items), nullptr).view({3, 11});
      EXPECT_TRUE(at::allclose(scores, pairs, 1e-5, 1e-5)) << (scores - pairs).abs().max();
      EXPECT_TRUE(at::allclose(net->predict(pair_users, pair_items).view({3, 11}), pairs, 1e-5, 1e-5));
      const auto& pair_net = dynamic_cast<const PairNet&>(*net);
      std::vector<at::Tensor> user_rows;
      for (const EmbeddingTable& table : net->tables())
        if (table.side == Side::user) user_rows.push_back(table.weight.index_select(0, users));
      EXPECT_TRUE(
          at::allclose(pair_net.score_reference(user_rows, at::arange(11, at::kInt)), pairs, 1e-5, 1e-5));
      if (std::string_view(output) == "sigmoid") {
        EXPECT_GT(scores.min().item<float>(), 1);
        EXPECT_LT(scores.max().item<float>(), 5);
      }
    }
}

TEST_P(EveryPairNet, StartsAtTheGlobalMean) {
  for (const char* output : {"raw", "sigmoid"}) {
    NetOptions options;
    options.init_std = 1e-4;
    options.init = "normal";
    options.global_mean = true;
    options.output = output;
    const auto net = make_pair_net(GetParam(), {5, 5, {1, 5}, 3.25}, options, 1);
    EXPECT_NEAR(net->score(at::arange(5, at::kInt), at::arange(5, at::kInt)).mean().item<double>(), 3.25,
                1e-3);
  }
}

// Central differences in double would need double weights; floats with a wide step show a wrong formula all
// the same.
TEST_P(EveryPairNet, GradientsEqualDifferences) {
  NetOptions options;
  options.embedding_dim = 3;
  options.layers = {3, 4};
  options.init_std = 0.7;
  options.output = "sigmoid";
  const auto net = make_pair_net(GetParam(), {4, 4, {1, 5}, 3}, options, 5);
  const at::Tensor users = at::tensor({1, 2}, at::kLong), items = at::tensor({3, 0}, at::kLong);
  auto rows = rows_of(*net, users, items);
  for (at::Tensor& row : rows) row.requires_grad_();
  const auto loss = [&] { return net->forward(rows, nullptr).sum(); };
  loss().backward();
  for (at::Tensor& row : rows) {
    const at::Tensor gradient = row.grad().clone();
    at::NoGradGuard no_grad;
    constexpr float kStep = 1e-2F;
    const double before = row[0][0].item<double>();
    row[0][0] = before + kStep;
    const double up = loss().item<double>();
    row[0][0] = before - kStep;
    const double down = loss().item<double>();
    row[0][0] = before;
    EXPECT_NEAR(gradient[0][0].item<double>(), (up - down) / (2 * kStep), 2e-3);
  }
}

TEST_P(EveryPairNet, WeightsDependOnTheSeedAlone) {
  const auto scores = [&](std::uint64_t seed, int threads) {
    at::set_num_threads(threads);
    NetOptions options;
    return make_pair_net(GetParam(), {300, 40, {1, 5}, 3}, options, seed)
        ->score(at::arange(300, at::kInt), at::arange(40, at::kInt));
  };
  const int threads = at::get_num_threads();
  EXPECT_TRUE(at::equal(scores(1, 1), scores(1, 2)));
  EXPECT_FALSE(at::equal(scores(1, 1), scores(2, 1)));
  at::set_num_threads(threads);
}

/// Users and items of a batch in which both repeat.
std::pair<at::Tensor, at::Tensor> pairs_of(std::int64_t n, std::int64_t n_users, std::int64_t n_items) {
  at::manual_seed(9);
  return {at::randint(0, n_users, {n}, at::kInt), at::randint(0, n_items, {n}, at::kInt)};
}

// 700 rows: six blocks of pairs, the last one short. The kernels against autograd over LibTorch's operations.
TEST_P(EveryPairNet, KernelsGiveAutogradsGradients) {
  using Head = std::pair<const char*, const char*>;
  for (const auto& [output, loss] : {Head{"raw", "mse"},
                                     {"sigmoid", "mse"},
                                     {"raw", "huber"},
                                     {"sigmoid", "huber"},
                                     {"raw", "ordinal"},
                                     {"raw", "softmax"}})
    for (const double dropout : {0.0, 0.5})
      for (const std::vector<std::int64_t>& layers : {std::vector<std::int64_t>{6}, {8, 5}, {6, 5, 3, 2}}) {
        NetOptions options;
        options.embedding_dim = 5;
        options.layers = layers;
        options.dropout = dropout;
        options.init_std = 0.5;
        options.bias_terms = true;
        options.global_mean = true;
        options.output = output;
        options.loss = loss;
        const auto net = make_pair_net(GetParam(), {150, 40, {1, 5}, 3.5}, options, 3);
        const auto [users, items] = pairs_of(700, 150, 40);
        RowGrouper user_rows(150), item_rows(40);
        const Batch batch{users, items, at::randint(1, 6, {700}, at::kFloat), user_rows.group(users),
                          item_rows.group(items)};
        const auto autograd = make_autograd_pass(*net), kernels = net->make_cpu_pass();
        const DropoutStep step{11, 5};
        for (int repeat = 0; repeat < 2; ++repeat) {  // buffers are used again
          const BatchGradients& expected = autograd->run(batch, step);
          const BatchGradients& ours = kernels->run(batch, step);
          EXPECT_NEAR(ours.loss.item<double>(), expected.loss.item<double>(), 1e-5);
          ASSERT_EQ(ours.tables.size(), expected.tables.size());
          ASSERT_EQ(ours.dense.size(), expected.dense.size());
          const auto expect_same = [&](const at::Tensor& a, const at::Tensor& b, const std::string& name) {
            EXPECT_TRUE(at::allclose(a, b, 1e-4, 1e-6)) << name << ' ' << (a - b).abs().max();
          };
          for (std::size_t t = 0; t < ours.tables.size(); ++t)
            expect_same(ours.tables[t], expected.tables[t], net->tables()[t].name);
          for (std::size_t w = 0; w < ours.dense.size(); ++w)
            expect_same(ours.dense[w], expected.dense[w], net->weights()[w].name);
        }
      }
}

TEST_P(EveryPairNet, KernelsGiveTheSameBitsAtAnyThreadCount) {
  NetOptions options;
  options.embedding_dim = 17;
  options.layers = {33, 16, 8};
  options.dropout = 0.3;
  options.init_std = 0.5;
  const auto net = make_pair_net(GetParam(), {150, 40, {1, 5}, 3.5}, options, 3);
  const auto [users, items] = pairs_of(3000, 150, 40);
  RowGrouper user_rows(150), item_rows(40);
  const Batch batch{users, items, at::rand({3000}), user_rows.group(users), item_rows.group(items)};
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto pass_one = net->make_cpu_pass(), pass_three = net->make_cpu_pass();
  const BatchGradients& one = pass_one->run(batch, {1, 2});
  const at::Tensor scores = net->score(at::arange(150, at::kInt), at::arange(40, at::kInt)),
                   predicted = net->predict(users, items);
  at::set_num_threads(3);
  const BatchGradients& three = pass_three->run(batch, {1, 2});
  EXPECT_TRUE(at::equal(scores, net->score(at::arange(150, at::kInt), at::arange(40, at::kInt))));
  EXPECT_TRUE(at::equal(predicted, net->predict(users, items)));
  at::set_num_threads(threads);
  EXPECT_EQ(one.loss.item<float>(), three.loss.item<float>());
  for (std::size_t t = 0; t < one.tables.size(); ++t) EXPECT_TRUE(at::equal(one.tables[t], three.tables[t]));
  for (std::size_t w = 0; w < one.dense.size(); ++w) EXPECT_TRUE(at::equal(one.dense[w], three.dense[w]));
}

// The list of a user does not depend on who else is asked for.
TEST_P(EveryPairNet, ScoresDoNotDependOnTheBlock) {
  NetOptions options;
  options.layers = {12, 6, 4};
  const auto net = make_pair_net(GetParam(), {50, 300, {1, 5}, 3.5}, options, 3);
  const at::Tensor users = at::arange(50, at::kInt), items = at::arange(300, at::kInt);
  const at::Tensor all = net->score(users, items);
  EXPECT_TRUE(at::allclose(all.slice(0, 7, 8), net->score(users.slice(0, 7, 8), items), 1e-6, 1e-6));
  const at::Tensor some = at::tensor({3, 270, 299}, at::kInt);
  EXPECT_TRUE(at::allclose(all.index_select(1, some), net->score(users, some), 1e-6, 1e-6));
}

std::vector<std::string_view> names() {
  std::vector<std::string_view> out;
  for (const PairNetParts& parts : pair_nets()) out.push_back(parts.name);
  return out;
}
INSTANTIATE_TEST_SUITE_P(Table, EveryPairNet, testing::ValuesIn(names()), [](const auto& test) {
  std::string name(test.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(PairNet, InitialWeightsHaveTheirStatistics) {
  const auto std_of = [](const char* init, double init_std, const std::string& name) {
    NetOptions options;
    options.layers = {200, 100};
    options.init = init;
    options.init_std = init_std;
    const auto net = make_pair_net("mlp", {2000, 50, {1, 5}, 3}, options, 11);
    const at::Tensor values = weight(*net, name).detach();
    EXPECT_NEAR(values.mean().item<double>(), 0, 0.01) << init;
    return values.std().item<double>();
  };
  EXPECT_NEAR(std_of("torch", 1, "user_tower"), 1, 0.01);
  EXPECT_NEAR(std_of("uniform", 0.1, "user_tower"), 0.1, 0.001);
  EXPECT_NEAR(std_of("torch", 1, "hidden0.weight"), 1 / std::sqrt(3.0 * 400), 1e-3);
  EXPECT_NEAR(std_of("xavier", 1, "hidden0.weight"), std::sqrt(2.0 / (400 + 200)), 1e-3);
  EXPECT_NEAR(std_of("kaiming", 1, "hidden0.weight"), std::sqrt(2.0 / 400), 1e-3);
  EXPECT_NEAR(std_of("lecun-normal", 1, "hidden0.weight"), std::sqrt(1.0 / 400), 1e-3);
  EXPECT_NEAR(std_of("normal", 0.3, "hidden0.weight"), 0.3, 0.005);
  EXPECT_NEAR(std_of("uniform", 0.3, "hidden0.weight"), 0.3, 0.005);
}

TEST(PairNet, DropoutActsInTrainingOnly) {
  NetOptions options;
  options.layers = {16, 8};
  options.init_std = 1;
  const at::Tensor users = at::arange(9, at::kLong);
  const auto forward = [&](double dropout, const DropoutStep* step) {
    options.dropout = dropout;
    const auto net = make_pair_net("mlp", {9, 9, {1, 5}, 3}, options, 1);
    return net->forward(rows_of(*net, users, users), step);
  };
  const DropoutStep step{1, 1}, other{1, 2};
  EXPECT_TRUE(at::equal(forward(0, &step), forward(0.5, nullptr)));
  EXPECT_FALSE(at::equal(forward(0, &step), forward(0.5, &step)));
  EXPECT_FALSE(at::equal(forward(0.5, &other), forward(0.5, &step)));
  EXPECT_TRUE(at::equal(forward(0.5, &step), forward(0.5, &step)));
}

}  // namespace
