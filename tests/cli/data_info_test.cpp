#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_builder.hpp"

using movrec::test::CliResult;
using movrec::test::run_cli;
using movrec::test::TempDir;
using movrec::test::write_text;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

TEST(DataInfo, PrintsCountsBarsAndTitles) {
  const TempDir folder;
  write_text(folder / "ratings.dat",
             "1::10::5::978300760\n1::20::2::978300761\n2::10::5::978300762\n2::10::4::978300763\n");
  write_text(folder / "movies.dat", "10::Mis\xE9rables, Les (1995)::Drama|Musical\n");
  const CliResult result =
      run_cli({"data", "info", "--data", folder.path().string(), "--duplicates", "keep"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr("users       2\nitems       2\nratings     4\ndensity     1.000000"));
  EXPECT_THAT(result.out, HasSubstr("times       2000-12-31 22:12:40 to 2000-12-31 22:12:43 UTC\n"));
  EXPECT_THAT(result.out, HasSubstr("duplicates  1 (repeated pairs of user and item; all are kept)\n"));
  EXPECT_THAT(result.out, HasSubstr("      5        2  50.0 %  ########################################\n"));
  EXPECT_THAT(result.out, HasSubstr("    10        3  4.67  Misérables, Les (1995)\n"));
  EXPECT_THAT(result.out, HasSubstr("  Musical      1        3  4.67\n"));
}

TEST(DataInfo, JsonHoldsWhatScriptsRelyOn) {
  const CliResult result = run_cli({"data", "info", "synthetic", "--synthetic-users", "50",
                                    "--synthetic-items", "30", "--synthetic-ratings", "600", "--json"});
  EXPECT_EQ(result.code, 0);
  const json info = json::parse(result.out);
  EXPECT_EQ(info["schema"], "movrec.data/1");
  EXPECT_EQ(info["name"], "synthetic");
  EXPECT_EQ(info["users"], 50);
  EXPECT_EQ(info["items"], 30);
  EXPECT_EQ(info["ratings"], 600);
  EXPECT_DOUBLE_EQ(info["density"].get<double>(), 0.4);
  EXPECT_EQ(info["duplicates"], 0);
  std::int64_t n_ratings = 0;
  for (const char* stars : {"1", "2", "3", "4", "5"}) n_ratings += info["histogram"].value(stars, 0);
  EXPECT_EQ(n_ratings, 600);
  EXPECT_EQ(info["most_rated"].size(), 10U);
  EXPECT_GT(info["best_rmse"].get<double>(), 0.4);
}

TEST(DataInfo, ErrorsAreOneLineWithTheRightCode) {
  const TempDir folder;
  write_text(folder / "bad.csv", "1,2,3\n1,2,nan\n");
  const CliResult bad = run_cli({"data", "info", "--data", (folder / "bad.csv").string()});
  EXPECT_EQ(bad.code, 3);
  EXPECT_THAT(bad.out, IsEmpty());
  EXPECT_EQ(bad.err, "movrec: error: " + (folder / "bad.csv").string() +
                         ":2: expected a rating in numbers, found '1,2,nan'\n"
                         "  try: correct the line, or leave out such lines with --skip-bad-lines\n");

  const CliResult skipped =
      run_cli({"data", "info", "--data", (folder / "bad.csv").string(), "--skip-bad-lines"});
  EXPECT_EQ(skipped.code, 0);
  EXPECT_THAT(skipped.out, HasSubstr("left out    1 bad line\n"));
  EXPECT_THAT(skipped.err, HasSubstr("left out 1 bad line; the first: "));

  EXPECT_EQ(run_cli({"data", "info", "ml-100k", "--data", "x"}).code, 2);
  EXPECT_THAT(run_cli({"data", "info", "ml-100k", "--data", "x"}).err,
              HasSubstr("give a data set's name ('ml-100k') or --data, not both"));
  EXPECT_THAT(run_cli({"data", "info", "ml-1k"}).err, HasSubstr("unknown data set 'ml-1k'"));
}

}  // namespace
