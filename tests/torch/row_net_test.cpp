#include "movrec/net/row_net.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "movrec/core/error.hpp"
#include "movrec/ops/state.hpp"
#include "movrec/train/row_trainer.hpp"
#include "net/row_layers.hpp"

namespace movrec {
namespace {

SparseRows some_rows() {
  return {.begins = {0, 3, 3}, .columns = {0, 2, 5, 1, 5}, .values = {1, -2, 0.5F, 3, 0.25F}};
}

NetOptions layers(std::vector<std::int64_t> widths) {
  NetOptions options;
  options.layers = std::move(widths);
  options.init = "xavier";
  return options;
}

at::Tensor gradient(const at::Tensor& loss, const at::Tensor& weight) {
  return torch::autograd::grad({loss}, {weight})[0];
}

const at::Tensor& find_weight(const RowNet& net, const std::string& name) {
  for (const DenseWeight& weight : net.weights())
    if (weight.name == name) return weight.weight;
  throw std::out_of_range(name);
}

TEST(RowTensors, SparseProductsAreDenseOnes) {
  const SparseRows rows = some_rows();
  const RowTensors tensors(rows, at::kCPU);
  const at::Tensor dense = tensors.dense(6);
  EXPECT_EQ(dense[0][2].item<float>(), -2);
  EXPECT_EQ(dense[1].abs().sum().item<float>(), 0) << "an empty row";
  EXPECT_EQ(dense[2][5].item<float>(), 0.25F);
  const at::Tensor weight = at::randn({6, 4}).requires_grad_();
  const at::Tensor fast = sparse_product(tensors, weight), plain = at::mm(dense, weight);
  EXPECT_TRUE(at::allclose(fast, plain, 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(gradient(fast.square().sum(), weight), gradient(plain.square().sum(), weight),
                           1e-5, 1e-6));
  const SparseRows none{.begins = {0, 0}, .columns = {}, .values = {}};
  EXPECT_EQ(sparse_product(RowTensors(none, at::kCPU), weight).abs().sum().item<float>(), 0);
}

TEST(ProfileNet, HasTheParametersOfItsModel) {
  // The fourth system's net: 3 + 19 + 1682 inputs, three layers of 1024, 1682 outputs.
  const auto net =
      make_row_net("profile", {.n_columns = 1682, .n_side = 22}, layers({1024, 1024, 1024}), {}, 1);
  EXPECT_EQ(net->n_parameters(), 5'569'170);
}

TEST(ProfileNet, MaskedLossesLeaveOutWhatTheInputShows) {
  RowNetOptions options;
  options.masked = true;
  const auto net = make_row_net("profile", {.n_columns = 6}, layers({8}), options, 1);
  const RowBatch batch{.input = {.begins = {0}, .columns = {0, 2}, .values = {1, 1}},
                       .side = {},
                       .target = {.begins = {0}, .columns = {0, 2, 5}, .values = {1, 1, 1}}};
  const at::Tensor bias = gradient(net->loss(batch, {}), net->output_bias());
  for (const int shown : {0, 2}) EXPECT_EQ(bias[shown].item<float>(), 0);
  for (const int hidden : {1, 3, 4, 5}) EXPECT_NE(bias[hidden].item<float>(), 0);
}

TEST(ProfileNet, CrossEntropyIsThatOfTheDefinition) {
  for (const char* target : {"seen", "stars"}) {
    RowNetOptions options;
    options.target = target;
    const auto net = make_row_net("profile", {.n_columns = 3}, layers({4}), options, 1);
    const RowBatch batch{.input = {.begins = {0}, .columns = {1}, .values = {1}},
                         .side = {},
                         .target = {.begins = {0}, .columns = {1}, .values = {0.6F}}};
    const std::vector<float> hidden = hidden_values(*net, batch);
    const std::vector<float> weight = host_values(net->output_weight()),
                             bias = host_values(net->output_bias());
    double expected = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      double out = static_cast<double>(bias[i]);
      for (std::size_t h = 0; h < 4; ++h)
        out += static_cast<double>(weight[i * 4 + h]) * static_cast<double>(hidden[h]);
      const double p = 1 / (1 + std::exp(-out));
      if (options.target == "seen")
        expected -= i == 1 ? std::log(p) : std::log(1 - p);
      else
        expected += std::pow(p - (i == 1 ? 0.6 : 0.0), 2);
    }
    EXPECT_NEAR(net->loss(batch, {}).item<double>(), expected / 3, 1e-6) << target;
  }
}

TEST(Autoencoder, TiedWeightsAreOneStorage) {
  RowNetOptions tied;
  tied.tied = true;
  const RowNetShape shape{.n_columns = 50};
  const auto one = make_row_net("autoencoder", shape, layers({20, 8}), tied, 1);
  const auto two = make_row_net("autoencoder", shape, layers({20, 8}), {}, 1);
  const std::int64_t biases = 20 + 8 + 20 + 50;
  EXPECT_EQ(one->n_parameters(), 50 * 20 + 20 * 8 + biases);
  EXPECT_EQ(two->n_parameters(), 2 * (50 * 20 + 20 * 8) + biases);
  move_to(*one, "cpu");
  EXPECT_EQ(one->output_weight().data_ptr<float>(), find_weight(*one, "input.weight").data_ptr<float>());
}

TEST(Autoencoder, OnlyWhatTheTargetHoldsHasAGradient) {
  const auto net = make_row_net("autoencoder", {.n_columns = 6}, layers({8}), {}, 1);
  const SparseRows rows = some_rows();
  const at::Tensor bias =
      gradient(net->loss({.input = rows, .side = {}, .target = rows}, {}), net->output_bias());
  for (const int held : {0, 1, 2, 5}) EXPECT_NE(bias[held].item<float>(), 0);
  for (const int absent : {3, 4}) EXPECT_EQ(bias[absent].item<float>(), 0);
}

TEST(Autoencoder, RefeedsAskForAFixedPoint) {
  RowNetOptions options;
  const RowBatch batch{.input = some_rows(), .side = {}, .target = some_rows()};
  const auto loss = [&](int refeeds) {
    options.refeeds = refeeds;
    return make_row_net("autoencoder", {.n_columns = 6}, layers({8}), options, 1)
        ->loss(batch, {})
        .item<float>();
  };
  EXPECT_LT(loss(0), loss(1));
  EXPECT_LT(loss(1), loss(2));
}

TEST(MultVae, WantsALatentWidth) {
  EXPECT_THROW(make_row_net("multvae", {.n_columns = 6}, layers({8}), {}, 1), Error);
}

TEST(MultVae, DivergenceCountsOnceItsEpochsHaveCome) {
  RowNetOptions options;
  options.kl_weight = 1;
  options.kl_epochs = 10;
  const auto net = make_row_net("multvae", {.n_columns = 6}, layers({8, 3}), options, 1);
  const RowBatch batch{.input = some_rows(), .side = {}, .target = some_rows()};
  const auto loss = [&](double epochs) {
    return net->loss(batch, {.dropout = {.seed = 1, .step = 1}, .epochs = epochs}).item<double>();
  };
  EXPECT_LT(loss(0), loss(5));
  EXPECT_NEAR(loss(5) - loss(0), (loss(10) - loss(0)) / 2, 1e-5);
  EXPECT_EQ(loss(10), loss(20));
}

TEST(RecVae, WantsLayersOfOneWidth) {
  EXPECT_THROW(make_row_net("recvae", {.n_columns = 6}, layers({8, 4, 3}), {}, 1), Error);
  EXPECT_THROW(make_row_net("recvae", {.n_columns = 6}, layers({8}), {}, 1), Error);
}

/// Of all weights that a step trains, the names.
std::vector<std::string> trained(const RowNet& net, double epochs) {
  std::vector<std::string> out;
  for (std::size_t w = 0; w < net.weights().size(); ++w)
    if (net.trains(w, {.epochs = epochs})) out.push_back(net.weights()[w].name);
  return out;
}

TEST(RecVae, TakesTurns) {
  const auto net = make_row_net("recvae", {.n_columns = 6}, layers({8, 8, 3}), {}, 1);
  EXPECT_EQ(trained(*net, 2.9), (std::vector<std::string>{"output.weight", "output.bias"}));
  const std::vector<std::string> encoder = trained(*net, 2.1);
  EXPECT_EQ(encoder.size(), 2U + 2 * 2 + 2 + 2 * 2)
      << "input, two norms, one hidden layer, mean and variance";
  EXPECT_TRUE(net->wants_noise({.epochs = 2.1}));
  EXPECT_FALSE(net->wants_noise({.epochs = 2.9}));
}

TEST(RecVae, TheLastEncoderIsTheOneOfTheLastTurn) {
  const auto net = make_row_net("recvae", {.n_columns = 6}, layers({8, 8, 3}), {}, 1);
  const at::Tensor now = find_weight(*net, "hidden1.weight");
  const at::Tensor last = find_weight(*net, "last.hidden1.weight");
  EXPECT_TRUE(at::equal(now, last));
  {
    at::NoGradGuard no_grad;
    now.add_(1);
  }
  for (const double epochs : {0.5, 0.7, 0.9}) {  // in the turn, and when the decoder's is under way
    net->start_step({.epochs = epochs, .length = 0.1});
    EXPECT_FALSE(at::equal(now, last)) << epochs;
  }
  net->start_step({.epochs = 0.8, .length = 0.1});
  EXPECT_TRUE(at::equal(now, last)) << "the decoder's first step";
}

TEST(RecVae, DivergesFromNothingWhereThePriorIsThePosterior) {
  // With the encoder as it was, the mixture's largest part is the posterior itself: log q - log p < log(4 /
  // 3).
  RowNetOptions options;
  const RowBatch batch{.input = some_rows(), .side = {}, .target = some_rows()};
  const auto loss = [&](double kl_weight) {
    options.kl_weight = kl_weight;
    return make_row_net("recvae", {.n_columns = 6}, layers({8, 8, 3}), options, 1)
        ->loss(batch, {.dropout = {.seed = 1, .step = 1}})
        .item<double>();
  };
  EXPECT_LT(loss(1) - loss(0), (3 * 3 + 2 * 3) * std::log(4.0 / 3) / 3 + 1e-6)
      << "ratings x dimensions / rows";
}

TEST(RowTrainer, OverfitsOneBatch) {
  for (const bool tied : {false, true}) {
    RowNetOptions options;
    options.tied = tied;
    options.activation = "selu";
    const std::shared_ptr<RowNet> net =
        make_row_net("autoencoder", {.n_columns = 6}, layers({32, 16}), options, 1);
    TrainOptions train;
    train.lr = 0.01;
    RowTrainer trainer(net,
                       {.n_rows = 3,
                        .batch =
                            [](const RowDraw&) {
                              return RowBatch{.input = some_rows(), .side = {}, .target = some_rows()};
                            }},
                       train);
    for (int step = 0; step < 300; ++step) trainer.step(train.lr);
    EXPECT_LT(trainer.loss(), 0.05) << tied;
  }
}

TEST(RowTrainer, ShowsEveryRowAsOftenAsThereArePasses) {
  std::vector<int> seen(5);
  RowTrainer trainer(make_row_net("autoencoder", {.n_columns = 6}, layers({4}), {}, 1),
                     {.n_rows = 5,
                      .passes = 3,
                      .batch =
                          [&](const RowDraw& draw) {
                            RowBatch batch;
                            for (const std::uint32_t row : draw.rows) {
                              ++seen[row];
                              for (SparseRows* part : {&batch.input, &batch.target}) {
                                part->begins.push_back(std::ssize(part->columns));
                                part->columns.push_back(row);
                                part->values.push_back(1);
                              }
                            }
                            return batch;
                          }},
                     [] {
                       TrainOptions options;
                       options.batch_size = 4;
                       return options;
                     }());
  EXPECT_EQ(trainer.steps_per_epoch(), 4);
  for (int step = 0; step < 4; ++step) trainer.step(0.001);
  EXPECT_EQ(seen, std::vector<int>(5, 3));
}

}  // namespace
}  // namespace movrec
