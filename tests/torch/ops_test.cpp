#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <functional>

#include "movrec/core/random.hpp"
#include "movrec/kernels/gemm.hpp"
#include "movrec/ops/dropout.hpp"
#include "movrec/ops/hidden_layer.hpp"
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
      UpdateNumbers constants = numbers;  // of other steps: what changes comes as tensors
      constants.lr = constants.correction1 = constants.correction2 = NAN;
      rule.reference(reference, gradient, reference_states, constants, StepTensors::of(numbers, at::kCPU));
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

TEST(Dropout, BitsAreThoseOfPhilox) {
  const DropoutKey key{0x123456789abcdefULL, 77, 3};
  std::vector<std::uint16_t> bits(256);
  dropout_bits(key, 5, bits);
  // Element 2 (16 w + lane) + half of a group is half of word w of counter 16 group + lane.
  for (const std::size_t group : {0, 1})
    for (const std::size_t lane : {0, 7, 15}) {
      const auto words = philox4x32({static_cast<std::uint32_t>(16 * (5 + group) + lane), 3, 77, 0},
                                    {0x89abcdefU, 0x01234567U});
      for (std::size_t w = 0; w < 4; ++w) {
        const std::size_t at = 128 * group + 2 * (16 * w + lane);
        EXPECT_EQ(bits[at] | (std::uint32_t{bits[at + 1]} << 16), words[w]);
      }
    }
}

TEST_P(EveryUpdateRule, ReplayEqualsStepsWithoutGradient) {
  const UpdateRule& rule = *GetParam();
  constexpr std::int64_t kSize = 83;  // not a multiple of any vector
  at::manual_seed(5);
  at::Tensor one = at::randn({kSize});
  const at::Tensor gradient = at::randn({kSize}), zero = at::zeros({kSize});
  std::array<at::Tensor, 2> states;
  for (int s = 0; s < rule.n_states; ++s) states[static_cast<std::size_t>(s)] = at::zeros({kSize});
  rule.fused(data_of(one), gradient.data_ptr<float>(), data_of(states[0]), data_of(states[1]), kSize,
             numbers_at(rule, 1));
  at::Tensor two = one.clone();
  std::array<at::Tensor, 2> states_two;
  for (std::size_t s = 0; s < 2; ++s)
    if (states[s].defined()) states_two[s] = states[s].clone();
  std::vector<UpdateNumbers> steps;
  for (std::int64_t step = 2; step < 9; ++step) {
    steps.push_back(numbers_at(rule, step));
    rule.fused(data_of(one), zero.data_ptr<float>(), data_of(states[0]), data_of(states[1]), kSize,
               steps.back());
  }
  rule.replay(data_of(two), data_of(states_two[0]), data_of(states_two[1]), kSize, steps);
  EXPECT_TRUE(at::allclose(one, two, 1e-6, 1e-7)) << (one - two).abs().max();
  for (std::size_t s = 0; s < 2; ++s)
    if (states[s].defined()) {
      EXPECT_TRUE(at::allclose(states[s], states_two[s], 1e-6, 1e-7));
    }
}

/// Rows, counts and sums as LibTorch's unique has them, rows ascending.
struct UniqueRows {
  UniqueRows(const at::Tensor& indices, const at::Tensor& gradients) {
    at::Tensor inverse;
    std::tie(rows, inverse, counts) = at::_unique2(indices.to(at::kLong), true, true, true);
    sums = at::zeros({rows.size(0), gradients.size(1)}).index_add_(0, inverse, gradients);
  }
  at::Tensor rows, counts, sums;
};

TEST(RowGradients, EqualUniqueOfLibTorch) {
  at::manual_seed(1);
  RowGrouper grouper(40);
  for (const std::int64_t n : {300, 1, 77}) {  // one after another: nothing is left over
    const at::Tensor indices = at::randint(0, 40, {n}, at::kInt), gradients = at::randn({n, 9});
    const RowGroups& groups = grouper.group(indices);
    const UniqueRows expected(indices, gradients);
    const auto [rows, order] = groups.rows.sort();
    EXPECT_TRUE(at::equal(rows, expected.rows));
    EXPECT_TRUE(at::equal(groups.counts.index_select(0, order).to(at::kLong), expected.counts));
    EXPECT_TRUE(
        at::allclose(sum_by_row(groups, gradients).index_select(0, order), expected.sums, 1e-5, 1e-6));
    for (std::int64_t b = 0; b < n; ++b)
      EXPECT_EQ(groups.rows[groups.slots[static_cast<std::size_t>(b)]].item<std::int32_t>(),
                indices[b].item<std::int32_t>());
  }
}

TEST(RowGradients, OfManyBatchesAtOnceHaveOneSizeAndRepeatTheLastRow) {
  at::manual_seed(4);
  for (const std::int64_t size : {1, 2, 50}) {
    at::Tensor indices = at::randint(0, 30, {5, size}, at::kInt);
    indices[3].fill_(7);
    BatchGroups all(indices.add(1));
    all.copy_(BatchGroups(indices));
    for (std::int64_t s = 0; s < 5; ++s) {
      const at::Tensor gradients = at::randn({size, 9});
      const RowGroups groups = all.of(at::full({1}, s, at::kLong));
      const UniqueRows expected(indices[s], gradients);
      const std::int64_t n_rows = expected.rows.size(0);
      const at::Tensor sums = sum_by_row(groups, gradients);
      ASSERT_EQ(groups.rows.size(0), size);
      EXPECT_TRUE(at::equal(groups.rows.slice(0, 0, n_rows), expected.rows));
      EXPECT_TRUE(at::equal(groups.counts.slice(0, 0, n_rows).to(at::kLong), expected.counts));
      EXPECT_TRUE(at::allclose(sums.slice(0, 0, n_rows), expected.sums, 1e-5, 1e-6));
      EXPECT_TRUE(groups.rows.slice(0, n_rows).eq(expected.rows[-1]).all().item<bool>());
      EXPECT_EQ(groups.counts.sum().item<float>(), static_cast<float>(size));
      EXPECT_TRUE(sums.slice(0, n_rows).eq(0).all().item<bool>());
      EXPECT_TRUE(at::equal(groups.rows.index_select(0, groups.source), groups.rows));
      EXPECT_EQ(groups.source.max().item<std::int64_t>(), n_rows - 1);
    }
  }
}

TEST(RowGradients, SumsByHand) {
  const at::Tensor gradients = at::tensor({1.F, 10.F, 2.F}).view({3, 1});
  RowGrouper grouper(6);
  const RowGroups& groups = grouper.group(at::tensor({5, 2, 5}, at::kInt));
  EXPECT_TRUE(at::equal(groups.rows, at::tensor({5, 2}, at::kLong)));
  EXPECT_TRUE(at::equal(sum_by_row(groups, gradients), at::tensor({3.F, 10.F}).view({2, 1})));
}

TEST(Gemm, EqualsLibTorch) {
  at::manual_seed(2);
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      for (const float beta : {0.F, 1.F}) {
        const at::Tensor a = at::randn({5, 7}), b = at::randn({7, 3}), start = at::randn({5, 3});
        const at::Tensor stored_a = ta ? a.t().contiguous() : a, stored_b = tb ? b.t().contiguous() : b;
        at::Tensor c = start.clone();
        gemm(ta ? Transpose::yes : Transpose::no, tb ? Transpose::yes : Transpose::no, 5, 3, 7,
             stored_a.data_ptr<float>(), stored_a.size(1), stored_b.data_ptr<float>(), stored_b.size(1), beta,
             c.data_ptr<float>(), 3);
        EXPECT_TRUE(at::allclose(c, at::mm(a, b) + start * beta, 1e-5, 1e-5));
      }
}

TEST(HiddenLayer, ForwardAndBackEqualLibTorch) {
  at::manual_seed(4);
  constexpr std::int64_t kRows = 9, kWidth = 21;
  const at::Tensor input = at::randn({kRows, kWidth}), bias = at::randn({kWidth});
  for (const double p : {0.0, 0.4}) {
    std::vector<std::uint16_t> bits(kRows * kWidth);
    dropout_bits({1, 2, 3}, 0, bits);
    const Dropped dropped{p > 0 ? bits.data() : nullptr, dropout_threshold(p),
                          static_cast<float>(1 / (1 - p))};
    const at::Tensor mask = p > 0 ? dropout_mask(input, p, {1, 2, 3}) : at::ones_like(input);

    const at::Tensor leaf = input.clone().requires_grad_();
    const at::Tensor expected = (leaf + bias).relu() * mask;
    at::Tensor ours = input.clone();
    bias_relu_dropout(ours.data_ptr<float>(), bias.data_ptr<float>(), kRows, kWidth, dropped);
    EXPECT_TRUE(at::allclose(ours, expected, 1e-6, 1e-6));

    const at::Tensor upstream = at::randn({kRows, kWidth});
    expected.backward(upstream);
    at::Tensor gradient = upstream.clone(), bias_gradient = at::zeros({kWidth});
    relu_dropout_backward(gradient.data_ptr<float>(), ours.data_ptr<float>(), dropped.scale,
                          bias_gradient.data_ptr<float>(), kRows, kWidth);
    EXPECT_TRUE(at::allclose(gradient, leaf.grad(), 1e-6, 1e-6));
    EXPECT_TRUE(at::allclose(bias_gradient, leaf.grad().sum(0), 1e-5, 1e-5));

    // The gathered form: rows 3 and 1 of two tables.
    const std::vector<std::int32_t> first(kRows, 3), second(kRows, 1);
    at::Tensor gathered = at::empty({kRows, kWidth});
    gather_bias_relu_dropout(gathered.data_ptr<float>(), input.data_ptr<float>(), first.data(),
                             upstream.data_ptr<float>(), second.data(), bias.data_ptr<float>(), kRows, kWidth,
                             dropped);
    EXPECT_TRUE(at::allclose(gathered, (input[3] + upstream[1] + bias).relu() * mask, 1e-6, 1e-6));
  }
}

TEST(HiddenLayer, SumsEqualLibTorch) {
  at::manual_seed(6);
  for (const std::int64_t n : {1, 16, 37}) {
    const at::Tensor a = at::randn({n}), b = at::randn({n}), w = at::randn({n});
    EXPECT_NEAR(dot(a.data_ptr<float>(), b.data_ptr<float>(), n), (a * b).sum().item<float>(), 1e-4);
    EXPECT_NEAR(dot3(a.data_ptr<float>(), b.data_ptr<float>(), w.data_ptr<float>(), n),
                (a * b * w).sum().item<float>(), 1e-4);
    at::Tensor y = w.clone();
    add_scaled(y.data_ptr<float>(), a.data_ptr<float>(), 0.5F, n);
    EXPECT_TRUE(at::allclose(y, w + 0.5 * a));
    add_product(y.data_ptr<float>(), a.data_ptr<float>(), b.data_ptr<float>(), 2, n);
    EXPECT_TRUE(at::allclose(y, w + 0.5 * a + 2 * a * b, 1e-5, 1e-6));
  }
}

}  // namespace
