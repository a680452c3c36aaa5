#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "movrec/checkpoint/checkpoint.hpp"
#include "movrec/core/files.hpp"
#include "movrec/eval/rating_metrics.hpp"
#include "support/cli_run.hpp"
#include "support/small_data.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

/// `movrec train` on small synthetic data, into a folder of the test.
class Train : public testing::Test {
 protected:
  CliResult train(std::vector<std::string> more) const {
    std::vector<std::string> arguments{"train",     "--runs-dir",          runs(), "--dataset",
                                       "synthetic", "--synthetic-users",   "60",   "--synthetic-items",
                                       "40",        "--synthetic-ratings", "900"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_cli(arguments);
  }
  nlohmann::json train_json(std::vector<std::string> more) const {
    more.emplace_back("--json");
    const CliResult result = train(std::move(more));
    EXPECT_EQ(result.code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }
  std::string runs() const { return (dir_ / "runs").string(); }
  fs::path only_run() const { return fs::directory_iterator(runs())->path(); }
  TempDir dir_;
};

TEST_F(Train, EndsWithTheDocumentThatScriptsRelyOn) {
  const auto json = train_json({"--model", "biased-mf", "--embedding-dim", "4", "--epochs", "3"});
  EXPECT_EQ(json.at("schema"), "movrec.train/1");
  EXPECT_EQ(json.at("model"), "biased-mf");
  EXPECT_EQ(json.at("parameters"), (60 + 40) * 5);
  EXPECT_EQ(json.at("epochs"), 3);
  EXPECT_TRUE(json.at("best_epoch").is_number_integer());
  EXPECT_EQ(json.at("test").at("rows"), 180);
  EXPECT_GT(json.at("rows_per_second"), 0);
  EXPECT_GT(json.at("references").at("constant").at("rmse"), json.at("references").at("bias").at("rmse"));
  const fs::path run = json.at("run").get<std::string>();
  for (const char* file :
       {"config.toml", "metrics.jsonl", "best.pt", "last.pt", "train.log", "result.json", "rmse.svg"})
    EXPECT_TRUE(fs::exists(run / file)) << file;
  EXPECT_FALSE(fs::exists(run / "lr.svg")) << "there is no learning rate to plot";
  const Checkpoint best = load_checkpoint(json.at("checkpoint").get<std::string>());
  EXPECT_EQ(best.metrics.at("valid_rmse"), json.at("valid").at("rmse"));
  EXPECT_EQ(best.epoch, json.at("best_epoch"));

  const CliResult evaluated = run_cli({"evaluate", "--json", "--runs-dir", runs()});
  ASSERT_EQ(evaluated.code, 0) << evaluated.err;
  EXPECT_EQ(nlohmann::json::parse(evaluated.out).at("test").at("rmse"), json.at("test").at("rmse"));
}

TEST_F(Train, WritesOneLinePerEpochAndATable) {
  const CliResult result = train({"--model", "mf", "--epochs", "2"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("mf: 3,200 parameters, 648 training rows, cpu"));
  EXPECT_THAT(result.err, HasSubstr("epoch   2/2  train loss"));
  EXPECT_THAT(result.out, HasSubstr("bias (reference)"));
  EXPECT_THAT(result.out, HasSubstr("best possible"));
}

TEST_F(Train, EveryModelTrainsEvaluatesAndRecommends) {
  for (const Algorithm& algorithm : algorithms()) {
    if (algorithm.fit == nullptr) continue;
    std::vector<std::string> flags{"--model", std::string(algorithm.name)};
    if (algorithm.trains_by_gradient) flags.insert(flags.end(), {"--epochs", "2"});
    if (algorithm.averages_sweeps) flags.insert(flags.end(), {"--sweeps", "2", "--burn-in", "1"});
    const auto json = train_json(flags);
    EXPECT_EQ(json.at("epochs"), algorithm.has_epochs() ? 2 : 0);
    if (algorithm.predicts_stars())
      EXPECT_LT(json.at("test").at("rmse").get<double>(), 1.5) << algorithm.name;
    else
      EXPECT_GT(json.at("valid").at(std::string(algorithm.selects_by)).get<double>(), 0.1) << algorithm.name;
    EXPECT_EQ(json.at("test").contains("map@10"), !algorithm.ranks_slowly) << algorithm.name;
    const std::string checkpoint = json.at("checkpoint");
    const auto evaluated = run_cli({"evaluate", "--json", "--checkpoint", checkpoint});
    ASSERT_EQ(evaluated.code, 0) << evaluated.err;
    EXPECT_EQ(nlohmann::json::parse(evaluated.out).at("test").at("rmse"), json.at("test").at("rmse"))
        << algorithm.name;
    const auto recommended =
        run_cli({"recommend", "--user", "1", "--top", "3", "--json", "--checkpoint", checkpoint});
    ASSERT_EQ(recommended.code, 0) << recommended.err;
    EXPECT_EQ(nlohmann::json::parse(recommended.out).at("users").at(0).at("items").size(), 3U);
  }
}

TEST_F(Train, HeldOutUsersAreAnsweredFromTheirHistories) {
  const auto bias = train_json({"--model", "bias", "--split", "users", "--visible-fraction", "0.6"});
  EXPECT_EQ(bias.at("ranking").at("cases"), 12);
  EXPECT_EQ(bias.at("test").at("rmse"), bias.at("references").at("bias").at("rmse"));  // both fold users in
  const CliResult evaluated = run_cli({"evaluate", "--json", "--runs-dir", runs()});
  ASSERT_EQ(evaluated.code, 0) << evaluated.err;
  const auto json = nlohmann::json::parse(evaluated.out);
  EXPECT_EQ(json.at("test").at("rmse"), bias.at("test").at("rmse"));
  EXPECT_EQ(json.at("test").at("map@10"), bias.at("test").at("map@10"));

  const auto mf = train_json({"--model", "mf", "--split", "users", "--visible-fraction", "0.6"});
  EXPECT_LT(mf.at("test").at("rmse"), mf.at("references").at("constant").at("rmse"))
      << "a history is solved for";
  EXPECT_GT(mf.at("test").at("map@10"), mf.at("references").at("random").at("map@10"));
}

TEST_F(Train, ALeakySplitSaysSoAndShowsWhatALookUpAchieves) {
  const CliResult result = train({"--model", "popularity", "--split", "s4-masks", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("ratings-masked is leaky by construction"));
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_THAT(json.at("caveat").get<std::string>(), HasSubstr("leaky by construction"));
  EXPECT_GT(json.at("references").at("lookup").at("map@5"),
            json.at("references").at("popularity").at("map@5").get<double>());
  EXPECT_FALSE(train_json({"--model", "popularity", "--split", "s4-masks-clean"}).contains("caveat"));
}

TEST_F(Train, SampledRankingIsLabelled) {
  const std::vector<std::string> flags{"--model", "bias", "--split", "leave-last", "--sampled-negatives",
                                       "9"};
  const CliResult result = train(flags);
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("sampled: the held-out item among 9 random unrated ones"));
  EXPECT_EQ(train_json(flags).at("ranking").at("sampled"), 9);
  const CliResult random = train({"--model", "bias", "--sampled-negatives", "9"});
  EXPECT_EQ(random.code, 2);
  EXPECT_THAT(random.err, HasSubstr("try: --split leave-last"));
}

TEST_F(Train, FivePlusResumedFiveSweepsEqualTen) {
  const std::vector<std::string> flags{"--model",         "bfm", "--chains",  "2",
                                       "--embedding-dim", "4",   "--burn-in", "2"};
  auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), flags.begin(), flags.end());
    return more;
  };
  const auto straight = train_json(with({"--sweeps", "10"}));
  const auto half = train_json(with({"--sweeps", "5"}));
  const CliResult resumed_run = run_cli({"train", "--json", "--resume", half.at("run"), "--sweeps", "10"});
  ASSERT_EQ(resumed_run.code, 0) << resumed_run.err;
  const auto resumed = nlohmann::json::parse(resumed_run.out);
  EXPECT_EQ(resumed.at("epochs"), 10);
  EXPECT_EQ(resumed.at("best_epoch"), 10);
  EXPECT_EQ(resumed.at("valid"), straight.at("valid"));
  EXPECT_EQ(resumed.at("test"), straight.at("test"));
}

TEST_F(Train, ASamplerKeepsItsLastSweepAndLogsAFew) {
  const CliResult result = train({"--model", "bfm", "--sweeps", "60", "--embedding-dim", "2"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("sweep  60/60  train loss"));
  EXPECT_THAT(result.err, testing::Not(HasSubstr("sweep   1/60")));
  EXPECT_THAT(result.out, HasSubstr("in sweep 60 of 60"));
  const CliResult evaluated = run_cli({"evaluate", "--runs-dir", runs(), "--uncertainty", "--json"});
  ASSERT_EQ(evaluated.code, 0) << evaluated.err;
  const auto coverage = nlohmann::json::parse(evaluated.out).at("coverage");
  ASSERT_EQ(coverage.size(), 3U);
  EXPECT_NEAR(coverage.at(1).at("observed").get<double>(), 0.8, 0.12);
  const CliResult recommended = run_cli({"recommend", "--runs-dir", runs(), "--user", "1", "--top", "2"});
  EXPECT_THAT(recommended.out, HasSubstr("±"));
}

TEST_F(Train, WithoutValidationTheLastEpochIsTheBest) {
  const auto json = train_json({"--model", "mf", "--epochs", "3", "--valid-from", "none"});
  EXPECT_EQ(json.at("best_epoch"), 3);
  EXPECT_TRUE(json.at("valid").at("rmse").is_null());
  const CliResult result = run_cli({"evaluate", "--runs-dir", runs(), "--part", "valid"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("no such rows"));
}

TEST_F(Train, ASamplerNamesWhatIsWrong) {
  const CliResult burnt = train({"--model", "bfm", "--sweeps", "4"});
  EXPECT_EQ(burnt.code, 2);
  EXPECT_THAT(burnt.err, HasSubstr("--burn-in 4 leaves none of --sweeps 4"));
  const CliResult unknown = train({"--model", "bfm", "--features", "user,gendre"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("try: --features gender"));
  const CliResult no_deviations = train({"--model", "bias"});
  EXPECT_EQ(no_deviations.code, 0);
  EXPECT_EQ(run_cli({"evaluate", "--runs-dir", runs(), "--uncertainty"}).code, 4);
}

TEST_F(Train, FivePlusResumedFiveEpochsEqualTen) {
  const std::vector<std::string> neumf{"--model",   "neumf", "--layers",   "8,4",
                                       "--dropout", "0.2",   "--schedule", "constant"};
  for (const auto& flags : {neumf, {"--model", "biased-mf"}}) {
    auto with = [&](std::vector<std::string> more) {
      more.insert(more.begin(), flags.begin(), flags.end());
      return more;
    };
    const auto straight = train_json(with({"--epochs", "10"}));
    const auto half = train_json(with({"--epochs", "5"}));
    const CliResult resumed_run = run_cli({"train", "--json", "--resume", half.at("run"), "--epochs", "10"});
    ASSERT_EQ(resumed_run.code, 0) << resumed_run.err;
    const auto resumed = nlohmann::json::parse(resumed_run.out);
    EXPECT_EQ(resumed.at("run"), half.at("run"));
    EXPECT_EQ(resumed.at("epochs"), 10);
    EXPECT_EQ(resumed.at("best_epoch"), straight.at("best_epoch"));
    EXPECT_EQ(resumed.at("valid"), straight.at("valid"));
    EXPECT_EQ(resumed.at("test"), straight.at("test"));
    const auto last = [](const nlohmann::json& json) {
      return load_checkpoint(fs::path(json.at("run").get<std::string>()) / "last.pt");
    };
    const Checkpoint a = last(straight), b = last(resumed);
    for (const auto& [name, array] : a.model.arrays())
      EXPECT_EQ(array.bytes, b.model.get(name).bytes) << name;
    for (const auto& [name, array] : a.trainer->arrays())
      if (name != "epoch_seconds") {
        EXPECT_EQ(array.bytes, b.trainer->get(name).bytes) << name;
      }
  }
}

TEST_F(Train, AResumedRunKeepsItsModelAndData) {
  const auto json = train_json({"--model", "mf", "--epochs", "1"});
  const CliResult changed = run_cli({"train", "--resume", json.at("run"), "--lr", "0.1"});
  EXPECT_EQ(changed.code, 2);
  EXPECT_THAT(changed.err, HasSubstr("--lr cannot change in a resumed run"));
  const CliResult best = run_cli({"train", "--resume", json.at("checkpoint"), "--epochs", "3"});
  EXPECT_EQ(best.code, 4);
  EXPECT_THAT(best.err, HasSubstr("cannot be resumed"));
}

TEST_F(Train, ItsConfigRunsAgainAsItIs) {
  const auto first =
      train_json({"--model", "mlp", "--layers", "8,4", "--epochs", "2", "--seed", "7", "--dropout", "0.25"});
  const std::string config = (fs::path(first.at("run").get<std::string>()) / "config.toml").string();
  const CliResult again = run_cli({"train", "--json", "--runs-dir", runs(), "--config", config});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(nlohmann::json::parse(again.out).at("test"), first.at("test"));
  EXPECT_EQ(nlohmann::json::parse(again.out).at("parameters"), first.at("parameters"));
}

TEST_F(Train, SeedsChangeTheRunAndRepeatIt) {
  const auto run = [&](const char* seed) {
    return train_json({"--model", "mf", "--epochs", "2", "--seed", seed}).at("test").at("rmse");
  };
  EXPECT_EQ(run("1"), run("1"));
  EXPECT_NE(run("1"), run("2"));
}

TEST_F(Train, StopsEarlyAndKeepsTheBestWeights) {
  const auto json =
      train_json({"--model", "biased-mf", "--solver", "autograd", "--schedule", "constant", "--lr", "0.1",
                  "--embedding-l2", "0", "--epochs", "60", "--batch-size", "64", "--patience", "2"});
  EXPECT_EQ(json.at("epochs"), json.at("best_epoch").get<int>() + 2);
  std::ifstream lines(fs::path(json.at("run").get<std::string>()) / "metrics.jsonl");
  double lowest = 10;
  for (std::string line; std::getline(lines, line);)
    lowest = std::min(lowest, nlohmann::json::parse(line).at("valid_rmse").get<double>());
  EXPECT_EQ(json.at("valid").at("rmse"), lowest);
}

TEST_F(Train, RefitTrainsOnValidationRowsToo) {
  const auto plain = train_json({"--model", "biased-mf", "--epochs", "3"});
  const CliResult result = train({"--model", "biased-mf", "--epochs", "3", "--refit", "--json"});
  const auto refitted = nlohmann::json::parse(result.out);
  // Rows that are trained on validate nothing: no such figure may be shown for the second fit.
  EXPECT_EQ(result.err.substr(result.err.find("refit on")).find("validation"), std::string::npos)
      << result.err;
  EXPECT_EQ(refitted.at("valid"), plain.at("valid"));  // the choice is the same; the model is not
  EXPECT_NE(refitted.at("test"), plain.at("test"));
  EXPECT_TRUE(load_checkpoint(refitted.at("checkpoint").get<std::string>()).refitted);
}

TEST_F(Train, RefusesOptionsThatTheModelDoesNotUse) {
  const CliResult flag = train({"--model", "biased-mf", "--layers", "8,4"});
  EXPECT_EQ(flag.code, 2);
  EXPECT_THAT(flag.err, HasSubstr("--layers has no effect with model biased-mf and solver als"));
  EXPECT_THAT(flag.err, HasSubstr("try: movrec models biased-mf"));
  const CliResult optimizer = train({"--model", "mf", "--optimizer", "adam"});
  EXPECT_EQ(optimizer.code, 2);
  EXPECT_THAT(optimizer.err, HasSubstr("--optimizer has no effect with model mf and solver als"));
  EXPECT_THAT(optimizer.err, HasSubstr("try: --solver autograd"));
  const CliResult other = train({"--model", "mf", "--solver", "autograd", "--implicit-l2", "1"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("try: --solver als"));
  const CliResult no_choice = train({"--model", "mlp", "--solver", "als"});
  EXPECT_EQ(no_choice.code, 2);
  EXPECT_THAT(no_choice.err, HasSubstr("--solver has no effect with model mlp"));
  std::ofstream(dir_ / "recipe.toml") << "[train]\nmodel = \"bias\"\nlr = 0.1\n";
  const CliResult key = run_cli({"train", "--config", (dir_ / "recipe.toml").string()});
  EXPECT_EQ(key.code, 2);
  EXPECT_THAT(key.err, HasSubstr("recipe.toml:3"));
  EXPECT_FALSE(fs::exists(runs()));
}

TEST_F(Train, RefusesAFractionThatTheSplitDoesNotUse) {
  const CliResult result = train({"--model", "bias", "--split", "leave-last", "--test-fraction", "0.3"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--test-fraction has no effect: the split gives the test part"));
  EXPECT_EQ(train({"--model", "bias", "--split", "leave-last"}).code, 0);
}

TEST_F(Train, RefusesBfloat16OnTheCpu) {
  const CliResult result = train({"--model", "mlp", "--device", "cpu", "--amp"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--amp needs a GPU"));
}

TEST_F(Train, ShowsWhereTheTimeWent) {
  const CliResult text = train({"--model", "mlp", "--epochs", "1", "--profile"});
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.out, HasSubstr("phase of training"));
  EXPECT_THAT(text.out, HasSubstr("optimizer"));
  EXPECT_THAT(train({"--model", "bias", "--profile"}).out,
              HasSubstr("no profile: bias has no training steps"));
  const CliResult json = train({"--model", "mlp", "--epochs", "1", "--profile", "--json"});
  const auto profile = nlohmann::json::parse(json.out).at("profile");
  EXPECT_GT(profile.at("gflops").get<double>(), 0);
  EXPECT_GT(profile.at("gemm_gflops").get<double>(), 0);
  double seconds = 0;
  for (const auto& phase : profile.at("phases")) seconds += phase.at(1).get<double>();
  EXPECT_LE(seconds, nlohmann::json::parse(json.out).at("seconds").get<double>());
}

TEST_F(Train, RefusesAnEmptyElementOfLayers) {
  const CliResult result = train({"--model", "mlp", "--layers", "128,,64"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--layers: '128,,64' is not allowed"));
}

TEST_F(Train, DivergenceEndsWithOneLineAndARemedy) {
  const CliResult result =
      train({"--model", "mf", "--solver", "autograd", "--optimizer", "sgd", "--lr", "900"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("movrec: error: training diverged in epoch "));
  EXPECT_THAT(result.err, HasSubstr("try: --lr"));
}

TEST_F(Train, AnUnwritableRunFolderIsOneLine) {
  std::ofstream(dir_ / "file") << "x";
  const CliResult result =
      run_cli({"train", "--dataset", "synthetic", "--runs-dir", (dir_ / "file/runs").string()});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("movrec: error: "));
  EXPECT_THAT(result.err, HasSubstr("Not a directory"));
}

/// A limit on the size of files stands for a disk that is full: the write fails in the same place.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    before_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, before_handler_);
  }

 private:
  rlimit before_{};
  void (*before_handler_)(int);
};

TEST_F(Train, AFullDiskWhileSavingLeavesNothingHalfWritten) {
  CliResult result;
  {
    const FileSizeLimit limit(16 << 10);
    result = train({"--model", "mf", "--epochs", "1", "--embedding-dim", "128"});
  }
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("movrec: error: saving the checkpoint: cannot write"));
  for (const auto& entry : fs::directory_iterator(only_run())) {
    EXPECT_NE(entry.path().extension(), ".pt") << entry.path();
    EXPECT_EQ(entry.path().string().find(".tmp"), std::string::npos) << entry.path();
  }
}

TEST_F(Train, ASignalSavesAndTheRunGoesOnToTheSameEnd) {
  const std::vector<std::string> flags{"--model", "biased-mf",    "--solver", "autograd",   "--epochs",
                                       "400",     "--batch-size", "8",        "--schedule", "cosine"};
  const auto straight = train_json(flags);
  for (const int signal : {SIGINT, SIGTERM}) {
    std::thread sender([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      std::raise(signal);
    });
    const CliResult stopped = train(flags);
    sender.join();
    ASSERT_EQ(stopped.code, 128 + signal) << stopped.err;
    const std::string marker = "go on with: movrec train --resume ";
    const std::size_t at = stopped.err.find(marker);
    ASSERT_NE(at, std::string::npos) << stopped.err;
    const std::string folder =
        stopped.err.substr(at + marker.size(), stopped.err.find('\n', at) - at - marker.size());
    const CliResult resumed = run_cli({"train", "--json", "--resume", folder});
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(nlohmann::json::parse(resumed.out).at("test"), straight.at("test"));
  }
}

}  // namespace
