#include "solve/common/lbfgs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace movrec;

namespace {

FloatBuffer buffer(const std::vector<float>& values) {
  FloatBuffer out(values.size());
  std::ranges::copy(values, out.data());
  return out;
}

/// ½ Σ c_i (x_i - 1)² with curvatures c from 1 to 100.
double quadratic(std::span<const float> x, std::span<float> gradient) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double c = 1 + 99.0 * static_cast<double>(i) / static_cast<double>(x.size() - 1),
                 off = static_cast<double>(x[i]) - 1;
    sum += 0.5 * c * off * off;
    gradient[i] = static_cast<float>(c * off);
  }
  return sum;
}

double rosenbrock(std::span<const float> x, std::span<float> gradient) {
  const auto a = static_cast<double>(x[0]), b = static_cast<double>(x[1]);
  gradient[0] = static_cast<float>(-400 * a * (b - a * a) - 2 * (1 - a));
  gradient[1] = static_cast<float>(200 * (b - a * a));
  return 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a);
}

TEST(Lbfgs, FindsTheBottomOfAQuadratic) {
  // More than a task of the vector kernels, and no multiple of their widths.
  Lbfgs lbfgs(FloatBuffer(70'001), quadratic);
  lbfgs.step();
  const double first = lbfgs.value();
  for (int k = 1; k < 60; ++k) lbfgs.step();
  EXPECT_LT(lbfgs.value(), 1e-8 * first);
  EXPECT_NEAR(lbfgs.x()[0], 1, 1e-3);
  EXPECT_NEAR(lbfgs.x()[70'000], 1, 1e-3);
  EXPECT_LE(lbfgs.evaluations(), 75) << "nearly every step is taken at first try";
}

TEST(Lbfgs, EachStepOfAQuadraticInTwoDimensionsIsThatOfBfgs) {
  // With exact line searches BFGS ends after as many steps as there are dimensions; Wolfe's need few more.
  Lbfgs lbfgs(FloatBuffer(2), quadratic);
  for (int k = 0; k < 12; ++k) lbfgs.step();
  EXPECT_LT(lbfgs.value(), 1e-9);
}

TEST(Lbfgs, FollowsRosenbrocksValley) {
  Lbfgs lbfgs(buffer({-1.2F, 1}), rosenbrock);
  double before = 1e9;
  for (int k = 0; k < 60; ++k) {
    lbfgs.step();
    EXPECT_LE(lbfgs.value(), before);
    before = lbfgs.value();
  }
  EXPECT_NEAR(lbfgs.x()[0], 1, 1e-2);
  EXPECT_NEAR(lbfgs.x()[1], 1, 1e-2);
}

TEST(Lbfgs, StaysAtTheBottomAndStopsAsking) {
  Lbfgs lbfgs(buffer({1, 1, 1}), quadratic);
  for (int k = 0; k < 5; ++k) lbfgs.step();
  EXPECT_EQ(lbfgs.value(), 0);
  EXPECT_EQ(lbfgs.evaluations(), 1);
  EXPECT_EQ(lbfgs.steps(), 5);
}

TEST(Lbfgs, HasLastAskedForThePointThatItStandsAt) {
  std::vector<float> last;
  Lbfgs lbfgs(buffer({-1.2F, 1}), [&](std::span<const float> x, std::span<float> gradient) {
    last.assign(x.begin(), x.end());
    return rosenbrock(x, gradient);
  });
  for (int k = 0; k < 100; ++k) {
    lbfgs.step();
    ASSERT_EQ(last, std::vector<float>(lbfgs.x().begin(), lbfgs.x().end())) << k;
  }
}

TEST(Lbfgs, GoesOnFromItsStateToTheBit) {
  Lbfgs straight(FloatBuffer(301), quadratic, 4), half(FloatBuffer(301), quadratic, 4),
      other(FloatBuffer(301), quadratic, 4);
  for (int k = 0; k < 16; ++k) straight.step();
  for (int k = 0; k < 7; ++k) half.step();
  StateDict state;
  half.save(state);
  other.load(state);
  for (int k = 0; k < 9; ++k) other.step();
  EXPECT_TRUE(std::ranges::equal(straight.x(), other.x()));
  EXPECT_EQ(straight.evaluations(), other.evaluations());
  Lbfgs smaller(FloatBuffer(300), quadratic, 4);
  EXPECT_THROW(smaller.load(state), Error);
  EXPECT_THROW(smaller.load({}), Error);
}

}  // namespace
