#include "movrec/solve/common/blend_weights.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "movrec/core/random.hpp"

using namespace movrec;

namespace {

/// Stars 1 + 2·signal, and predictors of them.
struct Samples {
  explicit Samples(std::size_t n) {
    RandomStream random(1, 0);
    for (std::size_t row = 0; row < n; ++row) {
      const double a = random.normal(), b = random.normal(), c = random.normal();
      first.push_back(static_cast<float>(a));
      second.push_back(static_cast<float>(b));
      noise.push_back(static_cast<float>(c));
      stars.push_back(static_cast<float>(1 + 0.7 * a + 0.2 * b));
    }
  }
  std::vector<float> first, second, noise, stars;
};

TEST(BlendWeights, FindsTheMixtureThatMadeTheStars) {
  const Samples samples(2000);
  const std::vector<std::vector<float>> members{samples.first, samples.second, samples.noise};
  const BlendWeights blend = fit_blend_weights(members, samples.stars, 0);
  EXPECT_NEAR(blend.weights[0], 0.7, 1e-5);
  EXPECT_NEAR(blend.weights[1], 0.2, 1e-5);
  EXPECT_NEAR(blend.weights[2], 0, 1e-5);
  EXPECT_NEAR(blend.intercept, 1, 1e-5);
}

TEST(BlendWeights, AreNeverNegative) {
  const Samples samples(500);
  std::vector<float> opposite;
  for (const float x : samples.first) opposite.push_back(-x);
  const std::vector<std::vector<float>> members{opposite, samples.second};
  const BlendWeights blend = fit_blend_weights(members, samples.stars, 0);
  EXPECT_EQ(blend.weights[0], 0);
  EXPECT_GT(blend.weights[1], 0);
}

TEST(BlendWeights, AreEqualForTwinsAndUnderAStrongPenalty) {
  const Samples samples(500);
  const std::vector<std::vector<float>> twins{samples.first, samples.first};
  const BlendWeights of_twins = fit_blend_weights(twins, samples.stars, 1e-3);
  EXPECT_NEAR(of_twins.weights[0], of_twins.weights[1], 1e-6);
  const std::vector<std::vector<float>> members{samples.first, samples.noise};
  const BlendWeights drawn = fit_blend_weights(members, samples.stars, 1e6);
  EXPECT_NEAR(drawn.weights[0], 0.5, 1e-5);
  EXPECT_NEAR(drawn.weights[1], 0.5, 1e-5);
}

TEST(BlendWeights, ZeroTheGradientWhereTheyArePositive) {
  const Samples samples(300);
  const std::vector<std::vector<float>> members{samples.first, samples.second, samples.noise};
  constexpr double kL2 = 0.3;
  const BlendWeights blend = fit_blend_weights(members, samples.stars, kL2);
  for (std::size_t m = 0; m < members.size(); ++m) {
    double gradient = kL2 * (blend.weights[m] - 1.0 / 3);
    for (std::size_t row = 0; row < samples.stars.size(); ++row) {
      double residual = blend.intercept - static_cast<double>(samples.stars[row]);
      for (std::size_t k = 0; k < members.size(); ++k)
        residual += blend.weights[k] * static_cast<double>(members[k][row]);
      gradient += residual * static_cast<double>(members[m][row]) / 300;
    }
    EXPECT_GT(blend.weights[m], 0);
    EXPECT_NEAR(gradient, 0, 1e-9);
  }
}

}  // namespace
