#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "movrec/core/error.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/solve/common/bias.hpp"
#include "movrec/solve/mf/mf_als.hpp"
#include "movrec/solve/topn/ease.hpp"
#include "movrec/solve/topn/ials.hpp"
#include "movrec/solve/topn/item_knn.hpp"
#include "support/small_data.hpp"

using namespace movrec;

namespace {

/// While it lives, a signal has asked for a stop.
class Stopped {
 public:
  Stopped() { process_stop().request(SIGINT); }
  ~Stopped() { process_stop().reset(); }
};

void expect_equal(const StateDict& a, const StateDict& b) {
  ASSERT_EQ(a.arrays().size(), b.arrays().size());
  for (const auto& [name, array] : a.arrays()) EXPECT_EQ(array.bytes, b.get(name).bytes) << name;
}

/// A step that a stop broke off leaves no trace: the next one is the same to the bit.
template <class Make>
void expect_untouched_by_a_stop(const Make& make) {
  auto straight = make(), broken = make();
  for (int k = 0; k < 3; ++k) {
    straight.step();
    broken.step();
    const StateDict before = broken.state();
    {
      const Stopped stopped;
      broken.step();
      EXPECT_EQ(broken.steps(), k + 1);
    }
    expect_equal(broken.state(), before);
    expect_equal(broken.state(), straight.state());
  }
}

TEST(SolverStop, AStepOfLeastSquaresIsBrokenOffWithoutATrace) {
  const Dataset dataset = test::small_dataset();
  const Biases biases = fit_biases(dataset.ratings, {});
  expect_untouched_by_a_stop([&] { return MfAls(dataset.ratings, biases, {.dim = 8}, {}, 1); });
}

TEST(SolverStop, AStepOfImplicitLeastSquaresToo) {
  const Dataset dataset = test::small_dataset();
  expect_untouched_by_a_stop([&] { return Ials(dataset.ratings, 1, {.dim = 8}, 1); });
}

TEST(SolverStop, WhatHasNoStepsToSaveIsInterrupted) {
  const Dataset dataset = test::small_dataset();
  const Stopped stopped;
  EXPECT_THROW(fit_ease(dataset.ratings, 1, {}), Interrupted);
  EXPECT_THROW(fit_item_knn(dataset.ratings, 1, 10, 1), Interrupted);
}

}  // namespace
