#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "movrec/core/files.hpp"
#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_builder.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace {

class DataFiles : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    write_text(dir_ / name, text);
    return (dir_ / name).string();
  }
  std::string path(const std::string& name) const { return (dir_ / name).string(); }

  TempDir dir_;
};

TEST_F(DataFiles, HeadShowsRatingsAsTheyAreUnderstood) {
  const std::string file =
      write("r.csv", "date;customer_id;sku;stars\n2024-05-01;0003;a;4,5\n2024-05-02;3;b;2\n");
  const CliResult table = run_cli({"data", "head", "--data", file, "--rows", "1"});
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_EQ(table.out,
            "  user  item  rating  time (UTC)           title\n"
            "  0003     a     4.5  2024-05-01 00:00:00  item a\n");
  const json head = json::parse(run_cli({"data", "head", "--data", file, "--json"}).out);
  EXPECT_EQ(head["schema"], "movrec.data-head/1");
  EXPECT_EQ(head["head"][1],
            json({{"user", "3"}, {"item", "b"}, {"rating", 2.0}, {"time", 1714608000}, {"title", "item b"}}));
}

TEST_F(DataFiles, AreNamedByPathAsByName) {
  const std::string file = write("ml-1m.csv", "user,item,rating\n1,2,3\n1,3,4\n");
  EXPECT_EQ(run_cli({"data", "head", file}).out, run_cli({"data", "head", "--data", file}).out);
  EXPECT_EQ(run_cli({"data", "check", file}).code, 0);
  const CliResult unknown = run_cli({"data", "head", path("absent.csv")});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("unknown data set"));
}

TEST_F(DataFiles, ConvertWritesWhatReadsAsTheSame) {
  const std::string file = write("r.csv", "user,item,rating,time\nx,1,4,30\ny,1,3,20\nx,2,5,10\nx,1,2,40\n");
  for (const char* name : {"a.csv", "a.dat", "a.tsv", "a.jsonl", "a.inter"}) {
    const CliResult result = run_cli({"data", "convert", file, path(name)});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("wrote 3 ratings to"));
    const CliResult head = run_cli({"data", "head", "--data", path(name)});
    EXPECT_EQ(head.out, run_cli({"data", "head", "--data", file}).out) << name;
  }
  EXPECT_THAT(read_file(path("a.inter")),
              StartsWith("user_id:token\titem_id:token\trating:float\ttimestamp:float\ny\t1\t3\t20\n"));
  EXPECT_EQ(run_cli({"data", "convert", file, "-", "--form", "dat", "--min-user-ratings", "2"}).out,
            "x::2::5::10\nx::1::2::40\n");
  const CliResult unknown = run_cli({"data", "convert", file, path("a.xyz")});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("try: --form csv|dat|tsv|jsonl|recbole"));
  EXPECT_FALSE(std::filesystem::exists(path("a.xyz")));
  EXPECT_EQ(run_cli({"data", "convert", file, "/nowhere/a.csv"}).code, 1);
}

TEST_F(DataFiles, CheckSaysAllThatIsSuspicious) {
  std::string text = "user,item,rating,time\n";
  for (int k = 0; k < 60; ++k)
    text += fmt::format("u{},i{},{},{}\n", k % 9, k / 9, k % 7 == 0 ? 99 : k % 5 + 1, 5);
  const std::string file = write("r.csv", text + "u1,i2,four,5\n");
  const CliResult result = run_cli({"data", "check", "--data", file});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("read      " + file), HasSubstr("of the ratings are 99"),
                    HasSubstr("try: --missing 99"), HasSubstr("lines that cannot be parsed: 1"),
                    HasSubstr("r.csv:62: expected a rating"), HasSubstr("at the same time as another"),
                    HasSubstr("60 ratings of 9 users and 7 items, not fit to train on as they are")));
  const json report = json::parse(run_cli({"data", "check", "--data", file, "--json"}).out);
  EXPECT_EQ(report["usable"], false);
  EXPECT_EQ(report["bad_lines"]["count"], 1);
  EXPECT_EQ(report["refused"].size(), 1U);
  const CliResult lenient = run_cli({"data", "check", "--data", file, "--skip-bad-lines", "--missing", "99"});
  EXPECT_EQ(lenient.code, 0) << lenient.out;
  EXPECT_THAT(lenient.out, HasSubstr("lines that cannot be parsed and are left out: 1"));
  const CliResult good =
      run_cli({"data", "check", "--data", write("good.csv", "user,item,rating\n1,1,4\n1,2,3\n")});
  EXPECT_EQ(good.code, 0);
  EXPECT_THAT(good.out, AllOf(HasSubstr("fit to train on\n"), Not(HasSubstr("REFUSED"))));
}

TEST_F(DataFiles, MoreBadLinesThanOneInAHundredAreRefusedEvenWhereTheyMayBeSkipped) {
  std::string text = "user,item,rating\n";
  for (int k = 0; k < 400; ++k) text += fmt::format("{},{},{}\n", k / 20, k % 20, k % 5 + 1);
  for (int k = 0; k < 11; ++k) text += "what is this\n";
  const std::string file = write("r.csv", text);
  const CliResult refused = run_cli({"data", "info", "--data", file, "--skip-bad-lines"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("11 of 411 lines cannot be read (2.7 %)"),
                                 HasSubstr("r.csv:402: expected"), HasSubstr("try: --max-bad-lines 0.03")));
  const CliResult taken =
      run_cli({"data", "info", "--data", file, "--skip-bad-lines", "--max-bad-lines", "0.03"});
  EXPECT_EQ(taken.code, 0) << taken.err;
  EXPECT_THAT(taken.out, HasSubstr("left out    11 bad lines"));
}

TEST_F(DataFiles, CountsTrainRankersAndNoStars) {
  std::string text = "user,artist,plays\n";
  for (int user = 0; user < 30; ++user)
    for (int item = 0; item < 15; ++item)
      if ((user * item) % 4 > 0)
        text += fmt::format("u{},a{},{}\n", user, item, 1 + (user * 31 + item * 7) % 900);
  const std::string file = write("plays.csv", text), runs = path("runs");
  const CliResult trained = run_cli({"train", "--model", "ease", "--data", file, "--runs-dir", runs});
  EXPECT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("counts 1 to 898: how often"));
  const CliResult stars = run_cli({"train", "--model", "mf", "--data", file, "--runs-dir", runs});
  EXPECT_EQ(stars.code, 2);
  EXPECT_THAT(stars.err, AllOf(HasSubstr("mf predicts stars, and plays.csv has none"),
                               HasSubstr("its counts say how often"), HasSubstr("--model popularity|ease")));
  EXPECT_EQ(
      run_cli({"train", "--model", "bias", "--data", file, "--feedback", "stars", "--runs-dir", runs}).code,
      0)
      << "who says that they are stars is believed";
  EXPECT_THAT(
      run_cli({"train", "--model", "ease", "--data", file, "--feedback", "seen", "--runs-dir", runs}).err,
      HasSubstr("no ratings: each line says that somebody took something"));
  EXPECT_EQ(
      run_cli({"train", "--data", write("pairs.csv", "user,item\n1,2\n1,3\n"), "--feedback", "stars"}).code,
      2);
}

TEST_F(DataFiles, EventsAreCountedByPair) {
  const std::string file = write("events.csv", "user,item,time\na,x,1\na,x,2\na,y,3\nb,x,4\n");
  const CliResult head = run_cli({"data", "head", "--data", file, "--feedback", "counts"});
  EXPECT_EQ(head.code, 0) << head.err;
  EXPECT_EQ(head.out,
            "  user  item  count  time (UTC)           title\n"
            "     a     x      2  1970-01-01 00:00:02  item x\n"
            "     a     y      1  1970-01-01 00:00:03  item y\n"
            "     b     x      1  1970-01-01 00:00:04  item x\n");
}

}  // namespace
