// How every row of the algorithm table must be trained; contract_test.cpp holds what it answers.
#include <cmath>

#include "movrec/core/stop.hpp"
#include "movrec/train/common/options.hpp"
#include "torch/every_algorithm.hpp"

using namespace movrec;
using namespace movrec::test;

namespace {

struct EpochLog {
  std::vector<EpochStats> stats;
  StateDict model, trainer;
};

TEST_P(EveryAlgorithm, ResumingEqualsAStraightRunToTheBit) {
  if (!row().has_epochs()) GTEST_SKIP() << "is solved, not trained";
  set({{"dropout", "0.2"}, {"schedule", "plateau"}, {"lr-patience", "0"}, {"epochs", "6"}, {"sweeps", "6"}});
  for (const char* optimizer : {"adam", "rmsprop"}) {
    set({{"optimizer", optimizer}});
    const auto fit_with = [&](int last_epoch, const EpochLog* from) {
      EpochLog log;
      FitContext context{.spec = spec_, .train = train_};
      if (from != nullptr) context.resume.emplace(FitState{from->model, from->trainer});
      context.last_epoch = last_epoch;
      context.validate = [](const Model&) { return 1.0; };  // flat: the rate drops every other epoch
      context.on_epoch = [&](const EpochReport& report) {
        log.stats.push_back(report.stats);
        log.model = report.model.state();
        log.trainer = report.trainer_state();
        return false;
      };
      row().fit(context);
      return log;
    };
    const EpochLog straight = fit_with(6, nullptr), half = fit_with(3, nullptr), resumed = fit_with(6, &half);
    ASSERT_EQ(resumed.stats.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(resumed.stats[i].train_loss, straight.stats[i + 3].train_loss);
      EXPECT_EQ(resumed.stats[i].lr, straight.stats[i + 3].lr);
    }
    for (const auto& [name, array] : straight.model.arrays())
      EXPECT_EQ(array.bytes, resumed.model.get(name).bytes) << name;
  }
}

TEST_P(EveryAlgorithm, ARefitReplaysWhatValidationSaidOfTheFirstFit) {
  if (!row().has_epochs()) GTEST_SKIP() << "is solved, not trained";
  set({{"epochs", "3"}, {"sweeps", "3"}, {"burn-in", "1"}});
  std::vector<double> seen;
  FitContext context{.spec = spec_, .train = train_};
  context.replayed = {0.75, 0.5, 0.25};
  context.on_epoch = [&](const EpochReport& report) {
    EXPECT_EQ(report.stats.epoch, std::ssize(seen) + 1);
    EXPECT_EQ(report.stats.epochs, 3);
    seen.push_back(report.stats.valid);
    return false;
  };
  row().fit(context);
  EXPECT_EQ(seen, context.replayed);
}

TEST_P(EveryAlgorithm, EndsWhereItIsToldTo) {
  if (!row().has_epochs()) GTEST_SKIP() << "is solved, not trained";
  int epochs = 0, validations = 0, starts = 0;
  FitContext context{.spec = spec_, .train = train_};
  context.on_start = [&](const Model&) { ++starts; };
  context.validate = [&](const Model&) { return ++validations; };
  context.on_epoch = [&](const EpochReport&) { return ++epochs == 2; };
  row().fit(context);
  EXPECT_EQ(starts, 1);
  EXPECT_EQ(epochs, 2);
  EXPECT_EQ(validations, row().averages_sweeps ? 0 : 2)
      << "a sampler's draws are validated as they come, or last";
}

TEST_P(EveryAlgorithm, GoesOnInTheMiddleOfAnEpochAfterASignal) {
  if (!row().has_epochs()) GTEST_SKIP() << "is solved, not trained";
  set({{"epochs", "3"}});
  const auto straight = fit();
  StateDict model_state, trainer_state;
  FitContext context{.spec = spec_, .train = train_};
  context.on_start = [](const Model&) { process_stop().reset(2); };  // before the first step
  context.on_epoch = [&](const EpochReport& report) {
    EXPECT_TRUE(report.stats.interrupted);
    model_state = report.model.state();
    trainer_state = report.trainer_state();
    return false;
  };
  row().fit(context);
  process_stop().reset(0);
  FitContext again{.spec = spec_, .train = train_};
  again.resume.emplace(FitState{model_state, trainer_state});
  EXPECT_EQ(scores(*straight), scores(*row().fit(again)));
}

TEST_P(EveryAlgorithm, DenseEmbeddingUpdatesLearnToo) {
  if (!uses("embedding-update")) GTEST_SKIP() << "has no such updates";
  set({{"embedding-update", "dense"}, {"clip-norm", "5"}});
  const std::vector<float> stars = predictions(*fit());
  double squares = 0;
  for (std::int32_t user = 0; user < kSide; ++user)
    squares += std::pow(stars[static_cast<std::size_t>(user * (kSide + 1) + user)] - 5, 2);
  EXPECT_LT(squares / kSide, 1);
}

TEST_P(EveryAlgorithm, DivergenceIsOneClearError) {
  if (!uses("lr")) GTEST_SKIP() << "has no learning rate that could be too large";
  set({{"optimizer", "sgd"}, {"output", "raw"}});
  spec_.options.get<ScheduleOptions>().lr = 1e30;
  try {
    fit();
    FAIL() << "it did not diverge";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    EXPECT_NE(error.message().find("training diverged in epoch "), std::string::npos) << error.message();
  }
}

}  // namespace
