#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "movrec/core/files.hpp"
#include "support/cli_run.hpp"
#include "support/small_data.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;
namespace fs = std::filesystem;
using testing::HasSubstr;

namespace {

/// Runs of one small data set, trained as a person would.
class Runs {
 public:
  std::string train(const std::string& model, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{
        "train", "--model",           model, "--dataset",           "synthetic", "--synthetic-users",
        "120",   "--synthetic-items", "60",  "--synthetic-ratings", "3000",      "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const CliResult result = run(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    return json::parse(result.out).at("run");
  }
  CliResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--runs-dir", (dir_ / "runs").string(), "--quiet"});
    return run_cli(arguments);
  }
  std::vector<double> predictions(const std::string& run_folder) const {
    const std::string file = (dir_ / "predictions.csv").string();
    EXPECT_EQ(run({"evaluate", "--checkpoint", run_folder, "--predictions", file}).code, 0);
    std::istringstream lines(read_file(file));
    std::vector<double> out;
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) out.push_back(std::stod(line.substr(line.rfind(',') + 1)));
    return out;
  }

 private:
  TempDir dir_;
};

TEST(Blend, PredictsTheMeanAndIsARunLikeAnyOther) {
  Runs runs;
  const std::string bias = runs.train("bias"), mf = runs.train("mf");
  const CliResult result = runs.run({"blend", bias, mf, "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const json blend = json::parse(result.out);
  EXPECT_EQ(blend.at("schema"), "movrec.blend/1");
  EXPECT_EQ(blend.at("members").at(0).at("weight"), 0.5);

  const std::vector<double> a = runs.predictions(bias), b = runs.predictions(mf),
                            both = runs.predictions(blend.at("run"));
  ASSERT_EQ(a.size(), 600);
  for (std::size_t row = 0; row < a.size(); ++row) EXPECT_NEAR(both[row], (a[row] + b[row]) / 2, 1e-5);

  const json evaluated = json::parse(runs.run({"evaluate", "--json"}).out);  // the newest run
  EXPECT_EQ(evaluated.at("model"), "blend");
  EXPECT_EQ(evaluated.at("test").at("rmse"), blend.at("test").at("rmse"));
  EXPECT_EQ(runs.run({"recommend", "--user", "1", "--checkpoint", blend.at("run")}).code, 0);

  // Biases know nothing of it: the factors alone say how alike items are.
  const auto similar = [&](const std::string& run) {
    return json::parse(runs.run({"similar", "5", "--checkpoint", run, "--json"}).out).at("items");
  };
  EXPECT_EQ(similar(blend.at("run")), similar(mf));
  EXPECT_FALSE(similar(mf).empty());
}

TEST(Blend, RidgeLearnsFromValidationRows) {
  Runs runs;
  const std::string bias = runs.train("bias"), mf = runs.train("mf");
  const json blend = json::parse(runs.run({"blend", bias, mf, "--weights", "ridge", "--json"}).out);
  const json& members = blend.at("members");
  EXPECT_NE(members.at(0).at("weight"), members.at(1).at("weight"));
  for (const json& member : members) {
    EXPECT_GE(member.at("weight").get<double>(), 0);
    EXPECT_LE(blend.at("validation").at("rmse"), member.at("validation").at("rmse"));
  }
  const json equal =
      json::parse(runs.run({"blend", bias, mf, "--weights", "ridge", "--blend-l2", "1e6", "--json"}).out);
  for (const json& member : equal.at("members")) EXPECT_NEAR(member.at("weight"), 0.5, 1e-4);
}

TEST(Blend, TakesGivenWeights) {
  Runs runs;
  const std::string bias = runs.train("bias"), mf = runs.train("mf");
  const json blend = json::parse(runs.run({"blend", bias, mf, "--weights", "3,1", "--json"}).out);
  EXPECT_EQ(blend.at("members").at(0).at("weight"), 0.75);
  const CliResult too_few = runs.run({"blend", bias, mf, "--weights", "3"});
  EXPECT_EQ(too_few.code, 2);
  EXPECT_THAT(too_few.err, HasSubstr("1 given for 2 runs"));
  EXPECT_EQ(runs.run({"blend", bias, mf, "--weights", "best"}).code, 2);
}

TEST(Blend, RefusesWhatCannotBeBlended) {
  Runs runs;
  const std::string bias = runs.train("bias"), other = runs.train("bias", {"--split-seed", "7"}),
                    refitted = runs.train("mf", {"--refit"}), popularity = runs.train("popularity");
  const CliResult one = runs.run({"blend", bias});
  EXPECT_EQ(one.code, 2);
  EXPECT_THAT(one.err, HasSubstr("two runs or more"));
  for (const char* command : {"blend", "compare"}) {
    const CliResult rows = runs.run({command, bias, other});
    EXPECT_EQ(rows.code, 4);
    EXPECT_THAT(rows.err, HasSubstr("other test rows"));
  }
  EXPECT_THAT(runs.run({"blend", bias, popularity}).err, HasSubstr("predicts no stars"));
  const CliResult ridge = runs.run({"blend", bias, refitted, "--weights", "ridge"});
  EXPECT_EQ(ridge.code, 2);
  EXPECT_THAT(ridge.err, HasSubstr("trained on its validation rows"));
  const json equal = json::parse(runs.run({"blend", bias, refitted, "--json"}).out);
  EXPECT_FALSE(equal.contains("validation"));  // one member has seen those rows
  EXPECT_EQ(runs.run({"train", "--model", "blend"}).code, 2);
}

TEST(Compare, SaysHowSureTheDifferenceIs) {
  Runs runs;
  const std::string bias = runs.train("bias"), mf = runs.train("mf", {"--valid-from", "none"});
  const json compared = json::parse(runs.run({"compare", mf, bias, "--json"}).out);
  EXPECT_EQ(compared.at("schema"), "movrec.compare/1");
  const json& a = compared.at("runs").at(0);
  const json& b = compared.at("runs").at(1);
  EXPECT_FALSE(a.contains("against_first"));
  EXPECT_NEAR(b.at("against_first").at("rmse_difference"),
              b.at("rmse").get<double>() - a.at("rmse").get<double>(), 1e-9);
  EXPECT_LE(b.at("against_first").at("interval_95").at(0), b.at("against_first").at("rmse_difference"));
  const CliResult text = runs.run({"compare", mf, bias, "--resample", "users"});
  EXPECT_THAT(text.out, HasSubstr("95 % interval"));
  EXPECT_THAT(text.out, HasSubstr("resamples of users"));
}

TEST(TimeBudget, EndsTrainingAndKeepsWhatWasReached) {
  Runs runs;
  const auto begin = std::chrono::steady_clock::now();
  const CliResult nets = runs.run({"train", "--model", "gmf", "--dataset", "synthetic", "--epochs", "1000000",
                                   "--time-budget", "0.3", "--json"});
  ASSERT_EQ(nets.code, 0) << nets.err;
  EXPECT_GE(json::parse(nets.out).at("epochs").get<int>(), 1);
  const std::string bfm = runs.train("bfm", {"--sweeps", "1000000", "--time-budget", "0.5"});
  EXPECT_GE(json::parse(read_file(bfm + "/result.json")).at("epochs").get<int>(), 12);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(Best, TrainsTheRecipeAndBlendsIt) {
  const Runs runs;
  const CliResult result =
      runs.run({"train", "--model", "best", "--dataset", "synthetic", "--synthetic-users", "120",
                "--synthetic-items", "60", "--synthetic-ratings", "3000", "--time-budget", "2", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const json best = json::parse(result.out);
  EXPECT_EQ(best.at("model"), "blend");
  ASSERT_EQ(best.at("members").size(), 3);
  double weights = 0, worst = 0;
  for (const json& member : best.at("members")) {
    weights += member.at("weight").get<double>();
    worst = std::max(worst, member.at("test").at("rmse").get<double>());
  }
  EXPECT_NEAR(weights, 1, 1e-9);
  EXPECT_LE(best.at("test").at("rmse").get<double>(), worst);  // squares are convex
  EXPECT_EQ(runs.run({"recommend", "--user", "1", "--checkpoint", best.at("run")}).code, 0);
  const CliResult other = runs.run({"train", "--model", "best", "--dataset", "synthetic", "--lr", "0.1"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("has no effect with model best"));
}

// As a signal leaves it: a finished member, one with its last state alone, one that has not begun.
TEST(Best, GoesOnWhereItWasBrokenOff) {
  const Runs runs;
  const std::vector<std::string> what{
      "train", "--model",           "best", "--dataset",           "synthetic", "--synthetic-users",
      "120",   "--synthetic-items", "60",   "--synthetic-ratings", "3000",      "--json"};
  const CliResult whole = runs.run(what);
  ASSERT_EQ(whole.code, 0) << whole.err;
  const json before = json::parse(whole.out);
  const fs::path folder = before.at("run").get<std::string>();
  const std::string first = read_file(folder / "1-bfm/result.json");
  fs::remove(folder / "best.pt");
  fs::remove(folder / "2-bfm/result.json");
  fs::remove_all(folder / "3-sparsefc");
  const CliResult lost = runs.run({"train", "--resume", folder.string()});
  EXPECT_EQ(lost.code, 2);
  const std::string config = (folder / "config.toml").string();
  EXPECT_THAT(lost.err, HasSubstr("movrec train --config " + config + " --resume " + folder.string()));
  const CliResult rest = runs.run({"train", "--config", config, "--resume", folder.string(), "--json"});
  ASSERT_EQ(rest.code, 0) << rest.err;
  const json after = json::parse(rest.out);
  EXPECT_EQ(after.at("run"), before.at("run"));
  EXPECT_EQ(read_file(folder / "1-bfm/result.json"), first);
  EXPECT_EQ(after.at("members"), before.at("members"));
  EXPECT_EQ(after.at("test"), before.at("test"));
  EXPECT_TRUE(fs::exists(folder / "3-sparsefc/best.pt"));
  const CliResult other = runs.run(
      {"train", "--model", "best", "--dataset", "synthetic", "--resume", folder.parent_path().string()});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("no folder of a run of model best"));
}

}  // namespace
