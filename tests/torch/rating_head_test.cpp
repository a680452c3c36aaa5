#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "movrec/core/error.hpp"
#include "movrec/net/net.hpp"
#include "movrec/ops/rating_head.hpp"

using namespace movrec;

namespace {

struct HeadCase {
  const char* name;
  RatingHead head;
};

class EveryHead : public testing::TestWithParam<HeadCase> {
 protected:
  EveryHead() {
    if (head().has_classes()) {
      weights_ = init_head_weights(head());
      at::manual_seed(4);
      weights_.add_(at::randn(weights_.sizes()), 0.2);  // no symmetry that could hide a mistake
    }
  }
  const RatingHead& head() const { return GetParam().head; }
  const float* weights() const { return weights_.defined() ? weights_.data_ptr<float>() : nullptr; }
  double cost(float raw, float stars) const {
    float slope = 0;
    std::vector<float> ignored(static_cast<std::size_t>(head().n_weights()));
    return HeadKernel(head(), weights()).cost(&raw, &stars, 1, 1, &slope, ignored.data());
  }
  float star(float raw) const {
    HeadKernel(head(), weights()).to_stars(&raw, 1);
    return raw;
  }

  at::Tensor weights_;
};

TEST_P(EveryHead, KernelEqualsLibTorch) {
  at::manual_seed(1);
  const at::Tensor raw = (at::randn({200}) * 3).requires_grad_();
  const at::Tensor stars = at::randint(0, head().n_classes(), {200}, at::kFloat) * head().step + head().low;
  if (weights_.defined()) weights_.requires_grad_();
  const at::Tensor loss = head_loss(head(), raw, stars, weights_);
  loss.backward();
  at::NoGradGuard no_grad;
  const at::Tensor expected_stars = head_stars(head(), raw, weights_);

  const HeadKernel kernel(head(), weights());
  at::Tensor slopes = at::empty({200});
  at::Tensor gradients = at::zeros({head().n_weights()});
  const double sum = kernel.cost(raw.data_ptr<float>(), stars.data_ptr<float>(), 200, 1.F / 200,
                                 slopes.data_ptr<float>(), gradients.data_ptr<float>());
  EXPECT_NEAR(sum / 200, loss.item<double>(), 1e-5);
  EXPECT_TRUE(at::allclose(slopes, raw.grad(), 1e-4, 1e-7));
  if (weights_.defined()) {
    EXPECT_TRUE(at::allclose(gradients, weights_.grad(), 1e-4, 1e-6));
  }
  at::Tensor ours = raw.detach().clone();
  kernel.to_stars(ours.data_ptr<float>(), 200);
  EXPECT_TRUE(at::allclose(ours, expected_stars, 1e-5, 1e-5));
}

TEST_P(EveryHead, SlopesAreDifferences) {
  const HeadKernel kernel(head(), weights());
  std::vector<float> ignored(static_cast<std::size_t>(head().n_weights()));
  for (const float raw : {-2.F, 0.3F, 3.F})
    for (std::int64_t k = 0; k < head().n_classes(); ++k) {
      const float stars = head().low + head().step * static_cast<float>(k);
      float slope = 0;
      kernel.cost(&raw, &stars, 1, 1, &slope, ignored.data());
      EXPECT_NEAR(slope, (cost(raw + 0.01F, stars) - cost(raw - 0.01F, stars)) / 0.02, 2e-2)
          << raw << ' ' << stars;
    }
}

TEST_P(EveryHead, ClassesAreADistributionWhoseExpectationIsPredicted) {
  if (!head().has_classes()) GTEST_SKIP();
  for (const float raw : {-6.F, -1.F, 0.F, 2.F, 7.F}) {
    double sum = 0, expectation = 0;
    for (std::int64_t k = 0; k < head().n_classes(); ++k) {
      const float stars = head().low + head().step * static_cast<float>(k);
      const double p = std::exp(-cost(raw, stars));
      sum += p;
      expectation += p * static_cast<double>(stars);
    }
    EXPECT_NEAR(sum, 1, 1e-5);
    EXPECT_NEAR(expectation, star(raw), 1e-4);
  }
}

TEST_P(EveryHead, StarsStayFiniteAndRise) {
  float before = -INFINITY;
  for (float raw = -60; raw <= 60; raw += 0.5F) {
    const float stars = star(raw);
    EXPECT_TRUE(std::isfinite(stars));
    EXPECT_GE(stars, before - 1e-5F);
    before = stars;
    EXPECT_TRUE(std::isfinite(cost(raw, head().low)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Heads,
    EveryHead,
    testing::Values(HeadCase{"mse", {}},
                    HeadCase{"sigmoid", {.sigmoid = true}},
                    HeadCase{"huber", {.loss = RatingLoss::huber, .huber_delta = 0.7}},
                    HeadCase{"ordinal", {.loss = RatingLoss::ordinal}},
                    HeadCase{"half_stars",
                             {.loss = RatingLoss::ordinal, .low = 0.5, .range = 4.5, .step = 0.5}},
                    HeadCase{"softmax", {.loss = RatingLoss::softmax}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(RatingHead, HuberIsSquaredNearZeroAndLinearBeyond) {
  const HeadKernel kernel({.loss = RatingLoss::huber, .huber_delta = 0.5}, nullptr);
  const float raw[] = {3.25F, 6.F}, stars[] = {3.F, 3.F};
  float slopes[2];
  // 0.25² + (2·0.5·3 - 0.5²)
  EXPECT_NEAR(kernel.cost(raw, stars, 2, 1, slopes, nullptr), 0.0625 + 2.75, 1e-6);
  EXPECT_NEAR(slopes[0], 0.5, 1e-6);
  EXPECT_NEAR(slopes[1], 1, 1e-6);
}

TEST(RatingHead, NetsWithClassesStartAtTheGlobalMean) {
  for (const char* loss : {"ordinal", "softmax"}) {
    NetOptions options;
    options.loss = loss;
    options.global_mean = true;
    options.init_std = 1e-6;
    const auto net = make_pair_net("mf", {30, 40, {1, 5}, 3.7}, options, 1);
    const at::Tensor scores = net->score(at::arange(30, at::kInt), at::arange(40, at::kInt));
    EXPECT_NEAR(scores.mean().item<double>(), 3.7, 1e-3) << loss;
  }
}

TEST(RatingHead, SquashingClassesIsAContradiction) {
  NetOptions options;
  options.loss = "ordinal";
  options.output = "sigmoid";
  EXPECT_THROW(make_pair_net("mf", {3, 4, {1, 5}, 3}, options, 1), Error);
}

}  // namespace
