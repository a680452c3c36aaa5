#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <functional>

#include "movrec/ops/dropout.hpp"
#include "movrec/ops/row_gradients.hpp"
#include "movrec/ops/update_rules.hpp"

using namespace movrec;

namespace {

UpdateNumbers numbers_at(const UpdateRule& rule, std::int64_t step) {
  UpdateNumbers numbers;
  numbers.lr = 0.05;
  numbers.weight_decay = 0.02;
  numbers.momentum = 0.9;
  numbers.eps = rule.default_eps;
  numbers.at_step(step);
  return numbers;
}

float* data_of(at::Tensor& tensor) {
  return tensor.defined() ? tensor.data_ptr<float>() : nullptr;
}

class EveryUpdateRule : public testing::TestWithParam<const UpdateRule*> {};

TEST_P(EveryUpdateRule, FusedPassEqualsTheReference) {
  const UpdateRule& rule = *GetParam();
  for (const bool nesterov : {false, true}) {
    at::manual_seed(7);
    at::Tensor fused = at::randn({1001}), reference = fused.clone();
    std::array<at::Tensor, 2> fused_states, reference_states;
    for (int s = 0; s < rule.n_states; ++s) {
      fused_states[static_cast<std::size_t>(s)] = at::zeros({1001});
      reference_states[static_cast<std::size_t>(s)] = at::zeros({1001});
    }
    for (std::int64_t step = 1; step <= 8; ++step) {
      const at::Tensor gradient = at::randn({1001});
      UpdateNumbers numbers = numbers_at(rule, step);
      numbers.nesterov = nesterov;
      rule.fused(data_of(fused), gradient.data_ptr<float>(), data_of(fused_states[0]),
                 data_of(fused_states[1]), 1001, numbers);
      rule.reference(reference, gradient, reference_states, numbers);
    }
    EXPECT_TRUE(at::allclose(fused, reference, 1e-4, 1e-5)) << (fused - reference).abs().max();
  }
}

using MakeOptimizer = std::function<std::unique_ptr<torch::optim::Optimizer>(std::vector<at::Tensor>)>;

/// Five steps on ½‖x - target‖² by both.
void expect_same_as_libtorch(const char* name, bool nesterov, const MakeOptimizer& make) {
  const UpdateRule& rule = find_update_rule(name);
  at::manual_seed(3);
  const at::Tensor start = at::randn({17}), target = at::randn({17});
  at::Tensor theirs = start.clone().requires_grad_(), ours = start.clone();
  const auto optimizer = make({theirs});
  std::array<at::Tensor, 2> states{at::zeros({17}), at::zeros({17})};
  for (std::int64_t step = 1; step <= 5; ++step) {
    optimizer->zero_grad();
    (theirs - target).square().sum().mul(0.5).backward();
    optimizer->step();
    UpdateNumbers numbers = numbers_at(rule, step);
    numbers.nesterov = nesterov;
    const at::Tensor gradient = ours - target;
    rule.fused(data_of(ours), gradient.data_ptr<float>(), data_of(states[0]), data_of(states[1]), 17,
               numbers);
    EXPECT_TRUE(at::allclose(ours, theirs.detach(), 1e-4, 1e-6)) << name << " step " << step;
  }
}

TEST(UpdateRules, EqualLibTorchsOptimizersStepByStep) {
  for (const bool nesterov : {false, true})
    expect_same_as_libtorch("sgd", nesterov, [nesterov](std::vector<at::Tensor> p) {
      return std::make_unique<torch::optim::SGD>(
          p, torch::optim::SGDOptions(0.05).momentum(0.9).weight_decay(0.02).nesterov(nesterov));
    });
  expect_same_as_libtorch("adam", false, [](std::vector<at::Tensor> p) {
    return std::make_unique<torch::optim::Adam>(p, torch::optim::AdamOptions(0.05).weight_decay(0.02));
  });
  expect_same_as_libtorch("adamw", false, [](std::vector<at::Tensor> p) {
    return std::make_unique<torch::optim::AdamW>(p, torch::optim::AdamWOptions(0.05).weight_decay(0.02));
  });
  expect_same_as_libtorch("rmsprop", false, [](std::vector<at::Tensor> p) {
    return std::make_unique<torch::optim::RMSprop>(
        p, torch::optim::RMSpropOptions(0.05).momentum(0.9).weight_decay(0.02));
  });
  expect_same_as_libtorch("adagrad", false, [](std::vector<at::Tensor> p) {
    return std::make_unique<torch::optim::Adagrad>(p, torch::optim::AdagradOptions(0.05).weight_decay(0.02));
  });
}

// One step from p = 1 with gradient 2, lr 0.1 and nothing else, by hand.
TEST(UpdateRules, FirstStepEqualsTheClosedForm) {
  const struct {
    const char* name;
    double expected;
  } cases[] = {
      {"sgd", 1 - 0.1 * 2}, {"adam", 1 - 0.1},  // m/c1 = 2, sqrt(v/c2) = 2
      {"adamw", 1 - 0.1},   {"rmsprop", 1 - 0.1 * 2 / (std::sqrt(0.01) * 2)},
      {"adagrad", 1 - 0.1},
  };
  for (const auto& c : cases) {
    const UpdateRule& rule = find_update_rule(c.name);
    UpdateNumbers numbers;
    numbers.lr = 0.1;
    numbers.eps = rule.default_eps;
    numbers.at_step(1);
    float p = 1, s0 = 0, s1 = 0;
    const float g = 2;
    rule.fused(&p, &g, &s0, &s1, 1, numbers);
    EXPECT_NEAR(p, c.expected, 1e-6) << c.name;
  }
}

std::vector<const UpdateRule*> all_rules() {
  std::vector<const UpdateRule*> rules;
  for (const UpdateRule& rule : update_rules()) rules.push_back(&rule);
  return rules;
}
INSTANTIATE_TEST_SUITE_P(Table, EveryUpdateRule, testing::ValuesIn(all_rules()), [](const auto& test) {
  return std::string(test.param->name);
});

TEST(Dropout, KeepsTheAskedShareAndTheMean) {
  const at::Tensor mask = dropout_mask(at::empty({1000, 333}), 0.3, {1, 2, 3});
  EXPECT_NEAR(mask.mean().item<double>(), 1, 0.01);
  EXPECT_NEAR(mask.eq(0).to(at::kFloat).mean().item<double>(), 0.3, 0.005);
  EXPECT_NEAR(mask.max().item<double>(), 1 / 0.7, 1e-6);
}

TEST(Dropout, IsAFunctionOfItsKeyAtAnyThreadCount) {
  const at::Tensor like = at::empty({517, 129});
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor one = dropout_mask(like, 0.5, {1, 2, 3});
  at::set_num_threads(2);
  EXPECT_TRUE(at::equal(one, dropout_mask(like, 0.5, {1, 2, 3})));
  at::set_num_threads(threads);
  for (const DropoutKey other : {DropoutKey{2, 2, 3}, DropoutKey{1, 3, 3}, DropoutKey{1, 2, 4}}) {
    const double same = one.eq(dropout_mask(like, 0.5, other)).to(at::kFloat).mean().item<double>();
    EXPECT_NEAR(same, 0.5, 0.02);  // independent
  }
}

TEST(RowGradients, EqualTheReference) {
  at::manual_seed(1);
  const at::Tensor indices = at::randint(0, 40, {300}, at::kLong), gradients = at::randn({300, 9});
  const RowGroups groups = group_rows(indices), reference = group_rows_reference(indices);
  EXPECT_TRUE(at::equal(groups.rows, reference.rows));
  EXPECT_TRUE(at::equal(groups.counts, reference.counts));
  EXPECT_TRUE(at::allclose(sum_by_row(groups, gradients), sum_by_row(reference, gradients), 1e-5, 1e-6));
}

TEST(RowGradients, SumsByHand) {
  const at::Tensor indices = at::tensor({5, 2, 5}, at::kLong);
  const at::Tensor gradients = at::tensor({1.F, 10.F, 2.F}).view({3, 1});
  const RowGroups groups = group_rows(indices);
  EXPECT_TRUE(at::equal(groups.rows, at::tensor({2, 5}, at::kLong)));
  EXPECT_TRUE(at::equal(sum_by_row(groups, gradients), at::tensor({10.F, 3.F}).view({2, 1})));
}

}  // namespace
