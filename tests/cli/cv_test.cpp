#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "movrec/core/files.hpp"
#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;
using testing::HasSubstr;

namespace {

CliResult cv(const TempDir& dir, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "cv");
  for (const char* argument : {"--dataset", "synthetic", "--synthetic-users", "120", "--synthetic-items",
                               "60", "--synthetic-ratings", "3000", "--runs-dir"})
    arguments.emplace_back(argument);
  arguments.push_back((dir / "runs").string());
  return run_cli(arguments, MOVREC_BINARY);
}

TEST(CrossValidation, EveryRowIsTestOnceAndTheMeanIsThatOfTheFolds) {
  const TempDir dir;
  const CliResult result = cv(dir, {"--model", "bias", "--folds", "4", "--json", "--quiet"});
  ASSERT_EQ(result.code, 0) << result.err;
  const json all = json::parse(result.out);
  EXPECT_EQ(all.at("schema"), "movrec.cv/1");
  ASSERT_EQ(all.at("folds").size(), 4);
  double sum = 0, squares = 0;
  std::int64_t rows = 0;
  for (const json& fold : all.at("folds")) {
    const double rmse = fold.at("test").at("rmse");
    sum += rmse, squares += rmse * rmse;
    rows += fold.at("test").at("rows").get<std::int64_t>();
  }
  EXPECT_EQ(rows, 3000);
  EXPECT_NEAR(all.at("mean").at("rmse"), sum / 4, 1e-12);
  EXPECT_NEAR(all.at("standard_deviation").at("rmse"), std::sqrt((squares - sum * sum / 4) / 3), 1e-9);
}

TEST(CrossValidation, AFoldIsTheRunThatItsConfigRepeats) {
  const TempDir dir;
  const json all =
      json::parse(cv(dir, {"--model", "mf", "--folds", "2", "--repeats", "2", "--json", "--quiet"}).out);
  ASSERT_EQ(all.at("folds").size(), 4);
  EXPECT_NE(all.at("folds").at(0).at("test").at("rmse"), all.at("folds").at(2).at("test").at("rmse"));
  const json& fold = all.at("folds").at(3);
  EXPECT_EQ(fold.at("fold"), "2.2");
  const CliResult again = run_cli({"train", "--json", "--quiet", "--runs-dir", (dir / "again").string(),
                                   "--config", all.at("run").get<std::string>() + "/fold-2.2.toml"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_NEAR(json::parse(again.out).at("test").at("rmse"), fold.at("test").at("rmse"), 1e-6);
}

TEST(CrossValidation, TakesTheOptionsOfARecipeForTraining) {
  const TempDir dir;
  write_file_atomically(dir / "recipe.toml",
                        "[train]\nmodel = 'bias'\nuser-damping = 1e6\nsplit = 'random'\n");
  const CliResult result = cv(dir, {"--repeats", "2", "--config", (dir / "recipe.toml").string()});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("bias, cross-validation"));
  EXPECT_THAT(result.out, HasSubstr("standard deviation"));
  EXPECT_THAT(read_file(dir / "recipe.toml"), HasSubstr("1e6"));
}

TEST(CrossValidation, AFoldsErrorIsTheCommandsError) {
  const TempDir dir;
  const CliResult result = cv(dir, {"--model", "bfm", "--sweeps", "3", "--burn-in", "3", "--folds", "2"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, testing::ContainsRegex("fold [12]: --burn-in 3 leaves none of --sweeps 3"));
  EXPECT_THAT(result.err, testing::ContainsRegex("fold-[12]\\.log"));
}

TEST(CrossValidation, RefusesWhatItDecidesItself) {
  const TempDir dir;
  EXPECT_THAT(cv(dir, {"--split", "users"}).err, HasSubstr("--split has no effect"));
  EXPECT_THAT(cv(dir, {"--folds", "1"}).err, HasSubstr("--folds"));
  EXPECT_EQ(cv(dir, {"--folds", "u1..u5"}).code, 2);  // synthetic data has no such files
  EXPECT_EQ(cv(dir, {"--model", "best"}).code, 2);
  const CliResult nowhere =
      run_cli({"cv", "--dataset", "synthetic", "--model", "bias", "--runs-dir", (dir / "runs").string()},
              "/nowhere/movrec");
  EXPECT_EQ(nowhere.code, 1);
  EXPECT_THAT(nowhere.err, HasSubstr("cannot start /nowhere/movrec"));
}

}  // namespace
