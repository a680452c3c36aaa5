#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_builder.hpp"

using namespace movrec::test;
using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

json runs_of(const TempDir& dir) {
  const CliResult result = run_cli({"runs", "--runs-dir", (dir / "runs").string(), "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  return json::parse(result.out).at("runs");
}

TEST(Runs, AreListedTheNewestFirstWithTheirFigures) {
  const TempDir dir;
  const auto train = [&](const char* model) {
    const CliResult result = run_cli({"train", "--dataset", "synthetic", "--synthetic-users", "60",
                                      "--synthetic-items", "40", "--synthetic-ratings", "900", "--model",
                                      model, "--runs-dir", (dir / "runs").string(), "--json"});
    EXPECT_EQ(result.code, 0) << result.err;
    return json::parse(result.out);
  };
  const json bias = train("bias"), ease = train("ease");
  fs::last_write_time(bias["run"].get<std::string>(),
                      fs::file_time_type::clock::now() - std::chrono::hours(1));
  fs::create_directories(dir / "runs/empty");
  fs::create_directories(dir / "runs/begun");
  write_text(dir / "runs/begun/config.toml", "[train]\n");
  fs::last_write_time(dir / "runs/begun", fs::file_time_type::clock::now() - std::chrono::hours(2));
  fs::create_directories(dir / "runs/broken");
  write_text(dir / "runs/broken/result.json", "{\"model\": ");
  fs::last_write_time(dir / "runs/broken", fs::file_time_type::clock::now() - std::chrono::hours(3));
  const json runs = runs_of(dir);
  ASSERT_EQ(runs.size(), 4U) << "an empty folder is none";
  EXPECT_EQ(runs[0]["run"], ease["run"]);
  EXPECT_EQ(runs[0]["selects_by"], "ndcg@10");
  EXPECT_EQ(runs[0]["test"]["ndcg@10"], ease["test"]["ndcg@10"]);
  EXPECT_EQ(runs[0]["test"]["rmse"], nullptr) << "it predicts no stars";
  EXPECT_EQ(runs[1]["test"]["rmse"], bias["test"]["rmse"]);
  EXPECT_EQ(runs[1]["valid"], bias["valid"]["rmse"]);
  EXPECT_EQ(runs[2]["state"], "unfinished");
  EXPECT_EQ(runs[3]["state"], "damaged");
  const CliResult table = run_cli({"runs", "--runs-dir", (dir / "runs").string()});
  EXPECT_THAT(table.out, HasSubstr("bias"));
  EXPECT_THAT(table.out, HasSubstr("unfinished"));
}

TEST(Runs, WithoutAFolderSayHowToMakeOne) {
  const TempDir dir;
  const CliResult result = run_cli({"runs", "--runs-dir", (dir / "absent").string()});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("is no folder of runs"));
  EXPECT_THAT(result.err, HasSubstr("try: movrec train"));
}

}  // namespace
