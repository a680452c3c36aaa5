#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

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
    std::vector<std::string> arguments{"recommend",     "--user",     "5",
                                       "--min-ratings", "0",          "--format",
                                       "csv",           "--runs-dir", (project / "runs").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_cli(arguments);
  }

  TempDir dir_;
  fs::path project_ = dir_ / "project";
};

TEST_F(MovedRun, FindsItsRatingsAndSaysWhereTheyAreMissed) {
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
