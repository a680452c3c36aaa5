// The best items of pair nets by estimates in integers beside those of their full scores.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "movrec/core/random.hpp"
#include "movrec/model/table/algorithm.hpp"
#include "movrec/model/torch/net_model.hpp"
#include "movrec/net/net.hpp"
#include "movrec/ops/int8_tower.hpp"
#include "movrec/ops/state.hpp"

using namespace movrec;

namespace {

constexpr std::int32_t kUsers = 230, kItems = 700;

NetOptions options_of(const char* output, const char* loss) {
  NetOptions options;
  options.embedding_dim = 5;
  options.layers = {12, 10, 7, 5};
  options.init_std = 0.5;
  options.bias_terms = true;
  options.global_mean = true;
  options.output = output;
  options.loss = loss;
  return options;
}

struct Head {
  const char* output;
  const char* loss;
};
constexpr Head kHeads[] = {{"raw", "mse"}, {"sigmoid", "mse"}, {"raw", "ordinal"}, {"raw", "softmax"}};

TEST(PairScores, EstimatesAreNearTheScoresAndScoresAskedForAreTheSame) {
  if (!Int8Tower::is_fast()) GTEST_SKIP() << "no AVX-512 VNNI";
  for (const char* name : {"mlp", "neumf"})
    for (const Head& head : kHeads) {
      const auto net =
          make_pair_net(name, {kUsers, kItems, {1, 5}, 3.5}, options_of(head.output, head.loss), 3);
      at::NoGradGuard no_grad;
      const at::Tensor items = at::arange(kItems, at::kInt);
      std::vector<at::Tensor> rows;
      for (const EmbeddingTable& table : net->tables())
        if (table.side == Side::user) rows.push_back(table.weight);
      const at::Tensor exact = net->score_rows(rows, items);
      const auto estimates = net->estimate_rows(rows, items);
      ASSERT_NE(estimates, nullptr);
      at::Tensor all = at::empty({kUsers, kItems}, at::kFloat);
      estimates->estimate(0, 100, all.data_ptr<float>());
      estimates->estimate(100, kUsers - 100, all.data_ptr<float>() + 100 * kItems);
      EXPECT_LT((all - exact).std().item<float>(), 0.05F * exact.std().item<float>()) << name << head.output;
      EXPECT_FALSE(at::equal(all, exact));

      std::vector<std::int32_t> some;
      for (std::int32_t i = 600; i > 0; i -= 2) some.push_back(i);  // more than a block of pairs
      std::vector<float> stars(some.size());
      estimates->score(17, some, stars.data());
      for (std::size_t k = 0; k < some.size(); ++k)
        ASSERT_NEAR(stars[k], exact[17][some[k]].item<float>(), 1e-6) << name << head.output << head.loss;
    }
}

TEST(PairScores, AreNotEstimatedWhereThatWouldGainNothing) {
  const at::Tensor items = at::arange(kItems, at::kInt);
  const auto estimates = [&](const char* name, std::vector<std::int64_t> layers, std::int64_t users) {
    NetOptions options = options_of("raw", "mse");
    options.layers = std::move(layers);
    const auto net = make_pair_net(name, {kUsers, kItems, {1, 5}, 3.5}, options, 3);
    std::vector<at::Tensor> rows;
    for (const EmbeddingTable& table : net->tables())
      if (table.side == Side::user) rows.push_back(table.weight.slice(0, 0, users));
    return net->estimate_rows(rows, items);
  };
  EXPECT_EQ(estimates("mlp", {12, 10, 7}, 1), nullptr);
  EXPECT_EQ(estimates("mlp", {12, 10}, kUsers), nullptr);
  EXPECT_EQ(estimates("mlp", {12}, kUsers), nullptr);
  EXPECT_EQ(estimates("biased-mf", {12, 10, 7}, kUsers), nullptr);
}

/// The weights of the net, with what makes rankings hard.
StateDict hostile_weights(Net& net) {
  StateDict state;
  for (EmbeddingTable& table : net.tables()) {
    at::Tensor rows = table.weight.clone();
    if (table.side == Side::item)
      rows.slice(0, 100, 140).copy_(rows.slice(0, 0, 1).expand({40, -1}));  // ties
    if (table.side == Side::user) rows[5].mul_(30);
    if (table.side == Side::user) rows[6].zero_();
    state.set(table.name, to_state(rows));
  }
  for (DenseWeight& weight : net.weights()) {
    at::Tensor values = weight.weight.detach().clone();
    if (weight.name == "hidden1.weight") values[0].mul_(50), values[1].zero_();
    state.set(weight.name, to_state(values));
  }
  return state;
}

TEST(PairScores, BestItemsAreThoseOfTheFullScores) {
  const int threads = at::get_num_threads();
  Ratings train;  // all but the last user and each eleventh item
  train.n_users = kUsers, train.n_items = kItems;
  for (std::int32_t u = 0; u + 1 < kUsers; ++u)
    for (std::int32_t i = u % 5; i < kItems; i += 5)
      if (i % 11 != 0) {
        train.users.push_back(UserIdx{u});
        train.items.push_back(ItemIdx{i});
        train.stars.push_back(static_cast<float>(1 + (u + i) % 5));
      }
  const SeenItems seen_items(train);
  std::vector<UserQuery> users;
  std::vector<std::span<const ItemIdx>> seen;
  std::vector<ItemIdx> items;
  for (std::int32_t u = 0; u < kUsers; ++u) {
    users.push_back({.user = UserIdx{u}});
    seen.push_back(seen_items.of(UserIdx{u}));
  }
  for (std::int32_t i = 0; i < kItems; ++i) items.push_back(ItemIdx{i});
  const std::vector<ItemIdx> liked{ItemIdx{1}, ItemIdx{2}, ItemIdx{3}};
  const std::vector<float> stars{5, 1, 4};
  users[7].history = History{liked, stars};

  for (const char* name : {"mlp", "neumf"})
    for (const Head& head : kHeads) {
      ModelSpec spec{name, default_options(name), kUsers, kItems, {1, 5}};
      const NetOptions options = options_of(head.output, head.loss);
      spec.options.get<LayerOptions>() = options;
      spec.options.get<DropoutOptions>() = options;
      spec.options.get<HeadOptions>() = options;
      spec.options.get<OffsetOptions>() = options;
      if (auto* factors = spec.options.find<FactorOptions>()) *factors = options;
      const auto net = make_pair_net(name, {kUsers, kItems, {1, 5}, 3.5}, options, 4);
      const Biases biases{
          .mean = 3.5, .user = std::vector<float>(kUsers), .item = std::vector<float>(kItems)};
      const auto model = start_net_model(spec, train, biases, hostile_weights(*net));
      std::vector<float> scores(users.size() * items.size());
      model->score_items(users, items, scores);
      const auto expected = best_of_rows(scores, items, seen, 10);
      for (const int n_threads : {1, 2}) {
        at::set_num_threads(n_threads);
        for (const std::size_t block : {users.size(), std::size_t{195}})  // the last 35 by full scores
          for (std::size_t begin = 0; begin < users.size(); begin += block) {
            const std::size_t n = std::min(block, users.size() - begin);
            const auto lists = model->best_items(std::span(users).subspan(begin, n), items,
                                                 std::span(seen).subspan(begin, n), 10);
            for (std::size_t u = 0; u < n; ++u)
              for (std::size_t r = 0; r < 10; ++r) {
                ASSERT_EQ(lists[u][r].item, expected[begin + u][r].item)
                    << name << head.output << head.loss << " user " << begin + u << " rank " << r;
                ASSERT_NEAR(lists[u][r].score, expected[begin + u][r].score, 1e-6);
              }
          }
      }
      // As many as there are, and a list longer than estimates are made for.
      const auto all = model->best_items(users, items, seen, items.size());
      EXPECT_EQ(all[0].size(), items.size() - seen[0].size());
      EXPECT_EQ(all[0][0].item, expected[0][0].item);
    }
  at::set_num_threads(threads);
}

}  // namespace
