#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "movrec/core/random.hpp"
#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

/// A run beside its ratings, in a folder that can move.
class MovedRun : public testing::Test {
 protected:
  MovedRun() {
    fs::create_directories(project_);
    std::ofstream file(project_ / "ratings.csv");
    file << "user,item,rating,time\n";
    RandomStream random(3, 1);
    for (int user = 1; user <= 30; ++user)
      for (int item = 1; item <= 20; ++item)
        if (random.below(2) > 0) file << user << ',' << item << ',' << 1 + random.below(5) << ",978300760\n";
    file.close();
    const CliResult trained =
        run_cli({"train", "--model", "ease", "--data", (project_ / "ratings.csv").string(), "--runs-dir",
                 (project_ / "runs").string(), "--threads", "1"});
    EXPECT_EQ(trained.code, 0) << trained.err;
  }
  static CliResult recommend(const fs::path& project, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{
        "recommend", "--min-ratings", "0", "--format", "csv", "--runs-dir", (project / "runs").string()};
    if (std::ranges::find(more, "--user") == more.end()) arguments.insert(arguments.end(), {"--user", "5"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_cli(arguments);
  }

  static CliResult evaluate(const fs::path& project) {
    return run_cli({"evaluate", "--json", "--runs-dir", (project / "runs").string()});
  }
  static nlohmann::json json_without_paths(const std::string& text) {
    nlohmann::json json = nlohmann::json::parse(text);
    json.erase("checkpoint");
    return json;
  }
  /// Somebody whom nobody knows.
  CliResult recommend_new(std::vector<std::string> about) const {
    about.insert(about.begin(), {"recommend", "--min-ratings", "0", "--format", "csv", "--runs-dir",
                                 (project_ / "runs").string()});
    return run_cli(about);
  }
  /// The lines of a list without the user's id.
  static std::string after_id(const std::string& csv) {
    std::string out;
    std::istringstream lines(csv);
    for (std::string line; std::getline(lines, line);) out += line.substr(line.find(',')) + "\n";
    return out;
  }
  void append(const std::string& lines) const {
    std::ofstream(project_ / "ratings.csv", std::ios::app) << lines;
  }
  fs::path run_folder() const { return fs::directory_iterator(project_ / "runs")->path(); }

  TempDir dir_;
  fs::path project_ = dir_ / "project";
};

TEST_F(MovedRun, AnswersWithoutItsRatings) {
  const std::string before = recommend(project_).out, measured = evaluate(project_).out;
  EXPECT_NE(before, "");
  EXPECT_THAT(measured, HasSubstr("ndcg@10"));
  const fs::path moved = dir_ / "moved";
  fs::rename(project_, moved);
  fs::remove(moved / "ratings.csv");
  EXPECT_EQ(recommend(moved).out, before);
  EXPECT_EQ(json_without_paths(evaluate(moved).out), json_without_paths(measured));
  std::ofstream(moved / "new.csv") << "user,item,rating\n5,3,5\n";
  EXPECT_EQ(
      run_cli({"update", "--history", (moved / "new.csv").string(), "--runs-dir", (moved / "runs").string()})
          .code,
      0);
}

TEST_F(MovedRun, TellsHowManyRatingsCameInSince) {
  const std::string before = recommend(project_).out;
  append("31,2,5,1500000000\n32,3,4,1500000000\n");
  fs::last_write_time(project_ / "ratings.csv", fs::file_time_type::clock::now() + std::chrono::hours(1));
  const CliResult grown = recommend(project_);
  EXPECT_EQ(grown.code, 0);
  EXPECT_EQ(grown.out, before);
  EXPECT_THAT(grown.err, HasSubstr("has changed since training: 2 ratings are new, 0 are gone"));
  const std::string file = (project_ / "ratings.csv").string();
  EXPECT_THAT(grown.err, HasSubstr("movrec update --data " + file));
  const CliResult given = recommend(project_, {"--data", file});
  EXPECT_EQ(given.out, before);
  EXPECT_THAT(given.err, HasSubstr("2 of its ratings came after training"));
}

TEST_F(MovedRun, UpdateTakesUpWhatCameIn) {
  append("31,2,5,1500000000\n31,4,5,1500000000\n31,777,5,1500000000\n");
  const std::string file = (project_ / "ratings.csv").string();
  const CliResult updated =
      run_cli({"update", "--data", file, "--runs-dir", (project_ / "runs").string(), "--json"});
  ASSERT_EQ(updated.code, 0) << updated.err;
  const nlohmann::json report = nlohmann::json::parse(updated.out);
  EXPECT_EQ(report["ratings"], 2);
  EXPECT_EQ(report["new_users"], 1);
  EXPECT_THAT(updated.err, HasSubstr("3 of its"));
  EXPECT_THAT(updated.err, HasSubstr("1 ratings of items that"));
  const CliResult known = recommend(project_, {"--checkpoint", report["checkpoint"], "--user", "31"});
  EXPECT_EQ(known.code, 0) << known.err;
  EXPECT_EQ(after_id(known.out), after_id(recommend_new({"--rate", "2=5", "--rate", "4=5"}).out));
  const CliResult again =
      run_cli({"update", "--data", file, "--runs-dir", (project_ / "runs").string(), "--json"});
  EXPECT_EQ(nlohmann::json::parse(again.out)["ratings"], 0) << "they are known by now";
  EXPECT_EQ(nlohmann::json::parse(again.out)["all_ratings"], 2);
}

TEST_F(MovedRun, ADamagedCopyOfItsDataIsSaidAndTheRatingsAreRead) {
  const std::string before = recommend(project_).out;
  std::ofstream(run_folder() / "data.pt") << "no copy";
  const CliResult result = recommend(project_);
  EXPECT_EQ(result.out, before);
  EXPECT_THAT(result.err, HasSubstr("data.pt is not usable"));
}

TEST_F(MovedRun, OfBeforeThereWereCopiesFindsItsRatingsAndSaysWhereTheyAreMissed) {
  fs::remove(run_folder() / "data.pt");
  const std::string before = recommend(project_).out;
  EXPECT_NE(before, "");
  const fs::path moved = dir_ / "moved";
  fs::rename(project_, moved);
  EXPECT_EQ(recommend(moved).out, before);
  fs::rename(moved / "ratings.csv", dir_ / "elsewhere.csv");
  const CliResult lost = recommend(moved);
  EXPECT_EQ(lost.code, 3);
  EXPECT_THAT(lost.err, HasSubstr("the ratings it was trained on are not there"));
  EXPECT_THAT(lost.err, HasSubstr("try: --data PATH"));
  EXPECT_EQ(recommend(moved, {"--data", (dir_ / "elsewhere.csv").string()}).out, before);
  std::ofstream(moved / "ratings.csv") << "user,item,rating,time\n1,1,1,1\n2,2,2,2\n";
  EXPECT_EQ(recommend(moved).code, 4) << "a file of that name with other ratings";
}

TEST_F(MovedRun, AnUpdatedUserIsOneWhoSaysAsMuchWithRate) {
  std::ofstream(project_ / "new.csv") << "user,item,rating\n5,3,5\n5,7,1\n";
  const std::string updated = (project_ / "updated.pt").string();
  ASSERT_EQ(run_cli({"update", "--history", (project_ / "new.csv").string(), "--output", updated,
                     "--runs-dir", (project_ / "runs").string()})
                .code,
            0);
  EXPECT_EQ(recommend(project_, {"--checkpoint", updated}).out,
            recommend(project_, {"--rate", "3=5", "--rate", "7=1"}).out);
}

TEST_F(MovedRun, TheLaterRatingCountsWhicheverUpdateComesFirst) {
  const auto update = [&](const std::string& line, const std::string& output) {
    std::ofstream(project_ / "new.csv") << "user,item,rating,timestamp\n" << line << '\n';
    std::vector<std::string> arguments{"update", "--history", (project_ / "new.csv").string(), "--runs-dir",
                                       (project_ / "runs").string()};
    if (!output.empty()) arguments.insert(arguments.end(), {"--output", output});
    const CliResult result = run_cli(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
  };
  const std::string alone = (project_ / "alone.pt").string();
  update("5,3,5,1400000000", alone);
  update("5,3,5,1400000000", "");
  update("5,3,1,1200000000", "");
  const auto list_of = [&](const std::string& checkpoint) {
    return recommend(project_, {"--checkpoint", checkpoint}).out;
  };
  fs::path run;
  for (const auto& entry : fs::directory_iterator(project_ / "runs")) run = entry.path();
  EXPECT_EQ(list_of((run / "updated.pt").string()), list_of(alone));
  update("5,3,1,1500000000", "");
  EXPECT_NE(list_of((run / "updated.pt").string()), list_of(alone));
}

}  // namespace
