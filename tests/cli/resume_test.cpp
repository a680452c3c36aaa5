#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "movrec/core/files.hpp"
#include "movrec/train/common/schedule.hpp"
#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

/// What a run's folder keeps over a resume.
class Resume : public testing::Test {
 protected:
  CliResult train(std::vector<std::string> more) const {
    std::vector<std::string> arguments{"train",
                                       "--runs-dir",
                                       (dir / "runs").string(),
                                       "--dataset",
                                       "synthetic",
                                       "--synthetic-users",
                                       "60",
                                       "--synthetic-items",
                                       "40",
                                       "--synthetic-ratings",
                                       "900",
                                       "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_cli(arguments);
  }
  fs::path run() const { return fs::directory_iterator(dir / "runs")->path(); }
  CliResult resume(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"train", "--resume", run().string(), "--json"});
    return run_cli(more);
  }
  std::vector<json> metrics() const {
    std::istringstream lines(read_file(run() / "metrics.jsonl"));
    std::vector<json> epochs;
    for (std::string line; std::getline(lines, line);) epochs.push_back(json::parse(line));
    return epochs;
  }
  TempDir dir;
};

TEST_F(Resume, AScheduleThatHasEndedIsNotBegunAgain) {
  for (const std::string_view name : schedule_names()) {
    const std::string schedule(name);
    ScheduleOptions options;
    options.schedule = schedule;
    if (!spans_run(options)) continue;
    fs::remove_all(dir / "runs");
    ASSERT_EQ(train({"--model", "mlp", "--layers", "8", "--epochs", "3", "--schedule", schedule}).code, 0);
    const CliResult longer = resume({"--epochs", "6"});
    EXPECT_EQ(longer.code, 2);
    EXPECT_THAT(longer.err,
                HasSubstr("--epochs 6: the schedule " + schedule + " spans the 3 epochs of this run"));
    EXPECT_THAT(longer.err,
                HasSubstr("try: movrec train --config " + (run() / "config.toml").string() + " --epochs 6"));
    const CliResult anew = run_cli({"train", "--config", (run() / "config.toml").string(), "--epochs", "6",
                                    "--json", "--runs-dir", (dir / "anew").string()});
    EXPECT_EQ(anew.code, 0) << anew.err;
    EXPECT_EQ(json::parse(anew.out).at("epochs"), 6);
  }
}

TEST_F(Resume, ASpanOfItsOwnLetsAScheduleGoOn) {
  ASSERT_EQ(
      train({"--model", "mlp", "--layers", "8", "--epochs", "3", "--schedule", "cosine", "--period", "10"})
          .code,
      0);
  EXPECT_EQ(resume({"--epochs", "6"}).code, 0);
}

TEST_F(Resume, RankingIsRememberedAndTheConfigurationStays) {
  ASSERT_EQ(train({"--model", "mf", "--epochs", "2", "--ks", "3,7", "--relevant-from", "4"}).code, 0);
  const std::string config = read_file(run() / "config.toml") + "# mine\n";
  write_file_atomically(run() / "config.toml", config);
  const json again = json::parse(resume().out);
  EXPECT_EQ(read_file(run() / "config.toml"), config);
  const std::string straight = again.dump();
  EXPECT_THAT(straight, HasSubstr("@7"));
  EXPECT_THAT(straight, testing::Not(HasSubstr("@10")));
  const CliResult longer = resume({"--epochs", "3", "--ks", "4"});
  ASSERT_EQ(longer.code, 0) << longer.err;
  EXPECT_THAT(longer.out, HasSubstr("@4"));
  const std::string changed = read_file(run() / "config.toml");
  EXPECT_THAT(changed, HasSubstr("ks = [4]\n"));
  EXPECT_THAT(changed, HasSubstr("epochs = 3\n"));
  EXPECT_THAT(changed, HasSubstr("relevant-from = 4\n"));
}

TEST_F(Resume, WhatWasNotMeasuredIsNull) {
  ASSERT_EQ(train({"--model", "biased-mf", "--epochs", "2", "--valid-from", "none"}).code, 0);
  ASSERT_EQ(metrics().size(), 2u);
  for (const json& epoch : metrics()) {
    EXPECT_TRUE(epoch.at("valid_rmse").is_null());
    EXPECT_TRUE(epoch.at("lr").is_null());
    EXPECT_GT(epoch.at("train_loss"), 0);
  }
  const CliResult longer = resume({"--epochs", "4"});
  EXPECT_EQ(longer.code, 0) << longer.err;
  ASSERT_EQ(metrics().size(), 4u);
  EXPECT_EQ(metrics()[3].at("epoch"), 4);
}

TEST_F(Resume, ErrorsOnTrainedRowsNeedNoLists) {
  ASSERT_EQ(train({"--model", "bias"}).code, 0);
  const std::string runs = (dir / "runs").string();
  const CliResult plain = run_cli({"evaluate", "--runs-dir", runs, "--part", "train", "--ks", "", "--json"});
  EXPECT_EQ(plain.code, 0) << plain.err;
  EXPECT_GT(json::parse(plain.out).at("train").at("rmse"), 0);
  EXPECT_EQ(run_cli({"evaluate", "--runs-dir", runs, "--part", "train", "--ks", "5"}).code, 2);
}

}  // namespace
