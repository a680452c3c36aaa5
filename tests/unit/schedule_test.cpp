#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "movrec/train/common/early_stop.hpp"
#include "movrec/train/common/schedule.hpp"
#include "movrec/train/options.hpp"

using namespace movrec;

namespace {

constexpr std::int64_t kSteps = 100;  // an epoch

TrainOptions options_of(const char* schedule, int epochs = 10) {
  TrainOptions options;
  options.lr = 0.1;
  options.epochs = epochs;
  options.schedule = schedule;
  return options;
}

double at_epoch(const TrainOptions& options, double epoch, const std::vector<double>& valid_rmse = {}) {
  return lr_at(options, options.epochs, std::llround(epoch * kSteps), kSteps, valid_rmse);
}

TEST(Schedule, CosineIsBaseHalfAndMinimumAtEpochs0And5And10) {
  TrainOptions options = options_of("cosine", 50);
  options.period = 10;
  options.min_lr = 0;
  EXPECT_DOUBLE_EQ(at_epoch(options, 0), 0.1);
  EXPECT_NEAR(at_epoch(options, 5), 0.05, 1e-12);
  EXPECT_NEAR(at_epoch(options, 10), 0, 1e-12);
  EXPECT_NEAR(at_epoch(options, 20), 0.1, 1e-12);  // and up again, as CosineAnnealingLR
  options.period = 0;
  options.min_lr = 0.02;
  EXPECT_NEAR(at_epoch(options, 25), 0.06, 1e-12);
}

TEST(Schedule, StepDropsOncePerPeriod) {
  TrainOptions options = options_of("step");
  options.period = 3;
  options.gamma = 0.5;
  EXPECT_DOUBLE_EQ(at_epoch(options, 2.99), 0.1);
  EXPECT_DOUBLE_EQ(at_epoch(options, 3), 0.05);
  EXPECT_DOUBLE_EQ(at_epoch(options, 6.5), 0.025);
}

TEST(Schedule, ExponentialDropsEveryEpoch) {
  TrainOptions options = options_of("exponential");
  options.gamma = 0.9;
  EXPECT_NEAR(at_epoch(options, 4.7), 0.1 * std::pow(0.9, 4), 1e-12);
}

TEST(Schedule, PlateauDropsAfterPatiencePlusOneFlatEpochs) {
  TrainOptions options = options_of("plateau");
  options.lr_patience = 2;
  options.gamma = 0.2;
  EXPECT_DOUBLE_EQ(at_epoch(options, 3, {1.0, 1.0, 1.0}), 0.1);
  EXPECT_NEAR(at_epoch(options, 4, {1.0, 1.0, 1.0, 1.0}), 0.02, 1e-12);
  EXPECT_NEAR(at_epoch(options, 4, {1.0, 0.9, 0.8, 0.7}), 0.1, 1e-12);
  EXPECT_EQ(plateau_drops(std::vector<double>{1, 1, 1, 1, 1, 1, 1}, 2), 2);
}

// PyTorch: OneCycleLR(max_lr=0.1, total_steps=10): [0.004, 0.052, 0.1, 0.0950…, 0.0812…, …, 4e-7].
TEST(Schedule, OneCycleHasPyTorchsCorners) {
  TrainOptions options = options_of("one-cycle", 1);
  const auto at_step = [&](std::int64_t step) { return lr_at(options, options.epochs, step, 10, {}); };
  EXPECT_NEAR(at_step(0), 0.004, 1e-12);
  EXPECT_NEAR(at_step(1), 0.052, 1e-12);
  EXPECT_NEAR(at_step(2), 0.1, 1e-12);
  EXPECT_NEAR(at_step(3), 4e-7 + (0.1 - 4e-7) * (1 + std::cos(M_PI / 7)) / 2, 1e-12);
  EXPECT_NEAR(at_step(9), 4e-7, 1e-12);
}

TEST(Schedule, LinearFallsStraightToItsMinimumAndStaysThere) {
  TrainOptions options = options_of("linear");
  options.min_lr = 0.02;
  EXPECT_DOUBLE_EQ(at_epoch(options, 0), 0.1);
  EXPECT_DOUBLE_EQ(at_epoch(options, 2.5), 0.08);  // step by step, not epoch by epoch
  EXPECT_DOUBLE_EQ(at_epoch(options, 5), 0.06);
  EXPECT_DOUBLE_EQ(at_epoch(options, 10), 0.02);
  EXPECT_DOUBLE_EQ(at_epoch(options, 12), 0.02);
}

TEST(Schedule, WarmUpRisesLinearlyToTheRate) {
  TrainOptions options = options_of("constant");
  options.warmup_epochs = 2;
  EXPECT_NEAR(lr_at(options, options.epochs, 0, kSteps, {}), 0.1 / 200, 1e-12);
  EXPECT_NEAR(lr_at(options, options.epochs, 99, kSteps, {}), 0.05, 1e-12);
  EXPECT_DOUBLE_EQ(lr_at(options, options.epochs, 199, kSteps, {}), 0.1);
  EXPECT_DOUBLE_EQ(lr_at(options, options.epochs, 700, kSteps, {}), 0.1);
}

TEST(Schedule, SpansTheRunWhereItsRateDependsOnAllEpochs) {
  for (const std::string_view name : schedule_names()) {
    const std::string schedule(name);
    const TrainOptions few = options_of(schedule.c_str(), 10), many = options_of(schedule.c_str(), 20);
    EXPECT_EQ(spans_run(few), at_epoch(few, 6) != at_epoch(many, 6)) << name;
  }
  TrainOptions options = options_of("cosine");
  options.period = 4;
  EXPECT_FALSE(spans_run(options));
}

TEST(EarlyStop, StopsPatienceEpochsAfterTheBest) {
  EarlyStop stop(/*patience=*/3, /*min_delta=*/0.01);
  EXPECT_TRUE(stop.improved(1, 1.0));
  EXPECT_TRUE(stop.improved(2, 0.9));
  EXPECT_FALSE(stop.improved(3, 0.895));  // better, but by less than min_delta
  EXPECT_FALSE(stop.should_stop(4));
  EXPECT_TRUE(stop.should_stop(5));
  EXPECT_EQ(stop.best_epoch(), 2);
  EXPECT_EQ(stop.best(), 0.9);
  EXPECT_FALSE(EarlyStop(0, 0).should_stop(1000));
  EXPECT_FALSE(EarlyStop(1, 0).improved(1, NAN));
  EarlyStop ranking(/*patience=*/1, /*min_delta=*/0.01, /*higher_is_better=*/true);
  EXPECT_TRUE(ranking.improved(1, 0.25));
  EXPECT_FALSE(ranking.improved(2, 0.255));
  EXPECT_TRUE(ranking.improved(3, 0.5));
  EXPECT_EQ(ranking.best(), 0.5);
}

}  // namespace
