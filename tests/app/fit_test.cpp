#include "movrec/app/fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "movrec/core/files.hpp"
#include "movrec/core/log.hpp"
#include "support/fit_request.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

/// Keeps what it hears, and asks for a stop when `stop_at` is heard.
class Listener final : public Observer {
 public:
  void log(LogLevel, std::string_view text) override {
    heard += fmt::format("{}\n", text);
    if (!stop_at.empty() && text.find(stop_at) != std::string_view::npos) stop.request(SIGTERM);
  }
  void progress(const ProgressReport&) override { ++n_progress; }
  RunContext context() { return {.observer = this, .stop = &stop}; }

  std::string heard, stop_at;
  int n_progress = 0;
  StopToken stop;
};

std::string bytes_of(const StateDict& state) {
  std::string bytes;
  for (const auto& [name, array] : state.arrays()) {
    bytes += name;
    bytes.append(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size());
  }
  return bytes;
}

void write_rows(const fs::path& path, const Dataset& dataset, std::span<const RowIdx> rows, bool poison) {
  std::ofstream out(path);
  out << "user,item,rating\n";
  for (const RowIdx row : rows)
    out << std::stoi(dataset.users.id(dataset.ratings.users[row]).text) << ','
        << std::stoi(dataset.items.id(dataset.ratings.items[row]).text) << ','
        << (poison ? 6 - dataset.ratings.stars[row] : dataset.ratings.stars[row]) << '\n';
}

// Test labels turned into nonsense change nothing but what test_run says.
TEST(FitRun, CannotReachTestRows) {
  const TempDir dir;
  const Dataset dataset = small_dataset();
  const Split split = make_split(dataset, {});
  write_rows(dir / "train.csv", dataset, split.train, false);
  for (const char* algorithm : {"biased-mf", "mlp", "sparsefc", "ials"}) {
    SCOPED_TRACE(algorithm);
    std::string models[2];
    std::vector<nlohmann::json> histories;
    double rmse[2];
    for (const bool poison : {false, true}) {
      write_rows(dir / "test.csv", dataset, split.test, poison);
      FitRequest request = fit_request(algorithm, dir);
      set(request, "epochs", "6");
      set(request, "patience", "2");
      set(request, "refit", "true");
      set(request, "train-file", (dir / "train.csv").string());
      set(request, "test-file", (dir / "test.csv").string());
      const Fit fit = fit_run(request);
      models[poison] = bytes_of(fit.model->state());
      nlohmann::json history;
      for (const auto& epoch : fit.summary.history)
        history.push_back({epoch.at("train_loss"), epoch.at("valid_" + fit.summary.selects_by)});
      history.push_back(fit.summary.best_epoch);
      histories.push_back(std::move(history));
      rmse[poison] = test_run(fit, {}).references.bias.all.rmse();
    }
    EXPECT_EQ(models[0], models[1]);
    EXPECT_EQ(histories[0], histories[1]);
    EXPECT_NE(rmse[0], rmse[1]) << "the test part was not poisoned";
  }
}

TEST(FitRun, ReportsToTheObserverOfItsThreadAlone) {
  const TempDir dir;
  Listener here, there;
  const auto fit = [&](Listener& listener, const std::string& runs) {
    const RunScope scope(listener.context());
    FitRequest request = fit_request("biased-mf", dir);
    set(request, "epochs", "3");
    request.settings.runs_dir = (dir / runs).string();
    fit_run(request);
  };
  std::thread other([&] { fit(there, "there"); });
  fit(here, "here");
  other.join();
  for (const Listener* listener : {&here, &there}) {
    EXPECT_THAT(listener->heard, HasSubstr("epoch   3/3"));
    EXPECT_EQ(listener->heard.find("epoch   1/3"), listener->heard.rfind("epoch   1/3")) << listener->heard;
    EXPECT_GT(listener->n_progress, 0);
  }
}

TEST(FitRun, StopsWhereItsTokenSaysAndGoesOnToTheSameBits) {
  const TempDir dir;
  FitRequest request = fit_request("biased-mf", dir);
  set(request, "epochs", "6");
  const std::string straight = bytes_of(fit_run(request).model->state());
  Listener listener;
  listener.stop_at = "epoch   3/6";
  fs::path folder;
  {
    const RunScope scope(listener.context());
    try {
      fit_run(request);
      FAIL() << "it was not stopped";
    } catch (const RunInterrupted& run) {
      EXPECT_EQ(run.signal, SIGTERM);
      folder = run.folder;
    }
  }
  const Checkpoint last = load_checkpoint(folder / "last.pt");
  EXPECT_EQ(last.epoch, 3);
  const Fit resumed = resume_run(read_started_run(folder / "last.pt"));
  EXPECT_EQ(bytes_of(resumed.model->state()), straight);
  EXPECT_EQ(resumed.summary.folder, folder);
}

TEST(ResumeRun, ChangesHowLongItGoesOnAndNothingElse) {
  const TempDir dir;
  FitRequest request = fit_request("biased-mf", dir);
  set(request, "epochs", "2");
  const fs::path last = fit_run(request).summary.folder / "last.pt";
  const std::vector<OptionChange> longer{{"epochs", "3", "--epochs"}, {"ks", "7", "--ks"}};
  const StartedRun run = read_started_run(last, longer);
  EXPECT_EQ(run.test.ranking.ks, std::vector<std::int64_t>{7});
  EXPECT_TRUE(run.test.ranks_slow_models) << "it was asked for";
  EXPECT_EQ(resume_run(run).summary.history.size(), 3U);
  const auto refused = [&](const OptionChange& change) {
    try {
      read_started_run(last, std::span(&change, 1));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      return error.message();
    }
    return std::string("not refused");
  };
  EXPECT_EQ(refused({"lr", "0.1", "a.toml:3 (lr)"}), "a.toml:3 (lr) cannot change in a resumed run");
  EXPECT_EQ(refused({"split", "users", "--split"}), "--split cannot change in a resumed run");
  EXPECT_EQ(refused({"sweeps", "9", "--sweeps"}), "--sweeps has no effect with model biased-mf");
}

TEST(FitRun, RefusesATestFractionThatHasNoEffect) {
  const TempDir dir;
  FitRequest request = fit_request("bias", dir);
  set(request, "split", "leave-last");
  request.needs_test_fraction = true;
  EXPECT_THROW(fit_run(request), Error);
  EXPECT_FALSE(fs::exists(dir / "runs")) << "nothing is written before it is known to run";
}

TEST(FinishRun, WritesTheFolderThatSaysItAll) {
  const TempDir dir;
  FitRequest request = fit_request("biased-mf", dir);
  set(request, "epochs", "2");
  const TrainedRun run = finish_run(fit_run(request), {.ranking = {.ks = {5}}});
  for (const char* file :
       {"best.pt", "last.pt", "config.toml", "metrics.jsonl", "train.log", "result.json", "rmse.svg"})
    EXPECT_TRUE(fs::exists(run.fit.folder / file)) << file;
  EXPECT_EQ(nlohmann::json::parse(read_file(run.fit.folder / "result.json")), run_json(run.fit, run.test));
  EXPECT_TRUE(run.test.ranking->model.value("ndcg@5"));
  EXPECT_THAT(run_text(run.fit, run.test), HasSubstr("biased-mf"));
}

}  // namespace
