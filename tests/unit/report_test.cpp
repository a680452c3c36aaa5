#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/report/csv.hpp"
#include "movrec/report/run_folder.hpp"
#include "movrec/report/svg_plot.hpp"
#include "movrec/report/table.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using movrec::test::TempDir;
using test::text_of;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
namespace fs = std::filesystem;

namespace {

TEST(Table, AlignsByDisplayWidth) {
  Table table({{"rank", Table::Align::right}, {"title"}, {"stars", Table::Align::right}});
  table.add_row({"1", "Misérables, Les (1995)", "4.5"});
  table.add_row({"10", "七人の侍", "10.25"});
  table.add_row({"3",
                 "e\xCC\x81"
                 "a\x1b[31m",
                 ""});
  EXPECT_EQ(table.text(),
            "  rank  title                   stars\n"
            "     1  Misérables, Les (1995)    4.5\n"
            "    10  七人の侍                10.25\n"
            "     3  e\xCC\x81"
            "a [31m\n");
}

TEST(Table, ACellIsOneLineWithoutCommandsForATerminalAndEnds) {
  Table table({{"title"}});
  table.add_row(
      {"a\tb\nc\xC2\x9B"
       "2J"});
  EXPECT_EQ(table.text(), "  title\n  a b c\\xc2\\x9b2J\n");
  Table large({{"title"}});
  large.add_row({std::string(1 << 20, 'x')});
  EXPECT_LT(large.text().size(), 1100u);
}

TEST(Table, CountsColumnsOfATerminal) {
  EXPECT_EQ(display_width(""), 0);
  EXPECT_EQ(display_width("plain"), 5);
  EXPECT_EQ(display_width("é"), 1);
  EXPECT_EQ(display_width("日本"), 4);
  EXPECT_EQ(display_width("e\xCC\x81"), 1);
  EXPECT_EQ(display_width("😀"), 2);
  EXPECT_EQ(display_width("M\xE9s"), 3);    // latin-1
  EXPECT_EQ(display_width("cut \xE6"), 5);  // cut within a character
}

TEST(Csv, QuotesAsRfc4180Says) {
  EXPECT_EQ(csv_line({"1", "plain", ""}), "1,plain,\n");
  EXPECT_EQ(csv_line({"", "a"}), ",a\n");
  EXPECT_EQ(csv_line({"Misérables, Les", "the \"best\"", "two\nlines"}),
            "\"Misérables, Les\",\"the \"\"best\"\"\",\"two\nlines\"\n");
}

TEST(SvgPlot, AConstantRateIsNotZero) {
  const std::string svg =
      line_plot("lr", "epoch", "lr", std::vector<Series>{{"lr", {1, 2, 3}, {0.003, 0.003, 0.003}}});
  EXPECT_THAT(svg, HasSubstr(">0.0015</text>"));
  EXPECT_THAT(svg, HasSubstr(">0.0030</text>"));
  EXPECT_THAT(svg, Not(HasSubstr(">0.0</text>")));
  EXPECT_THAT(svg, HasSubstr("M88.00 223.00L"));  // in the middle
}

TEST(SvgPlot, PlacesPointsOnRoundTicks) {
  const std::vector<Series> series{{"a <b>", {0, 5, 10}, {0, 0.5, 1}}, {"c", {0, 10}, {1, 0}}};
  const std::string svg = line_plot("train & test", "epoch", "RMSE", series);
  EXPECT_THAT(svg, HasSubstr("train &amp; test"));
  EXPECT_THAT(svg, HasSubstr("a &lt;b&gt;"));
  EXPECT_THAT(svg, HasSubstr(R"(d="M88.00 382.00L392.00 223.00L696.00 64.00")"));
  EXPECT_THAT(svg, HasSubstr(">0.8</text>"));
  EXPECT_THAT(svg, HasSubstr(">10</text>"));
  EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
}

TEST(SvgPlot, LeavesOutWhatIsNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Series> series{
      {"a", {1, 2, 3, 4, 5}, {1, 2, nan, 2, std::numeric_limits<double>::infinity()}}};
  const std::string svg = line_plot("t", "x", "y", series);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
  EXPECT_THAT(svg, HasSubstr("L290.67 64.00M696.00 64.00\""));  // 4, the last finite x, lies at the right end
}

TEST(SvgPlot, DrawsOnePointAFlatLineAndNothing) {
  for (const Series& one : {Series{"a", {1}, {0.9}}, Series{"a", {1, 2}, {3, 3}}, Series{"a", {}, {}}}) {
    const std::string svg = line_plot("t", "x", "y", std::span(&one, 1));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf")));
    EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
  }
}

void put(const fs::path& path, int seconds_old) {
  fs::create_directories(path.parent_path());
  write_file_atomically(path, "x");
  fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::seconds(seconds_old));
}

TEST(RunFolder, IsNamedByTimeModelAndDatasetAndNeverTaken) {
  const TempDir dir;
  const fs::path first = make_run_folder(dir.path() / "runs", "biased-mf", "my data/1");
  const fs::path second = make_run_folder(dir.path() / "runs", "biased-mf", "my data/1");
  EXPECT_THAT(first.filename().string(), MatchesRegex("[0-9]{8}-[0-9]{6}-biased-mf-my_data_1"));
  EXPECT_TRUE(fs::is_directory(first));
  EXPECT_TRUE(fs::is_directory(second));
  EXPECT_NE(first, second);
}

TEST(RunFolder, SaysWhyItCannotBeMade) {
  const TempDir dir;
  put(dir.path() / "file", 0);
  EXPECT_THAT(text_of([&] { make_run_folder(dir.path() / "file", "bias", "x"); }, ErrorKind::failure),
              HasSubstr("Not a directory"));
}

TEST(FindCheckpoint, TakesTheRunThatWasWrittenLast) {
  const TempDir dir;
  const fs::path runs = dir.path() / "runs";
  put(runs / "20260101-000000-mlp" / "best.pt", 10);
  put(runs / "20260102-000000-mlp" / "best.pt", 20);
  put(runs / "20260102-000000-mlp" / "last.pt", 20);
  fs::create_directories(runs / "20260103-000000-mlp");
  EXPECT_EQ(find_checkpoint("", runs), runs / "20260101-000000-mlp" / "best.pt");
  EXPECT_EQ(find_checkpoint("best.pt", runs), runs / "20260101-000000-mlp" / "best.pt");
  EXPECT_EQ(find_checkpoint("last.pt", runs), runs / "20260102-000000-mlp" / "last.pt");
  EXPECT_EQ(find_checkpoint("20260102-000000-mlp", runs), runs / "20260102-000000-mlp" / "best.pt");
  EXPECT_EQ(find_checkpoint(runs / "20260102-000000-mlp", runs), runs / "20260102-000000-mlp" / "best.pt");
  EXPECT_EQ(find_checkpoint(runs / "20260102-000000-mlp" / "last.pt", runs),
            runs / "20260102-000000-mlp" / "last.pt");
}

TEST(FindCheckpoint, SaysWhereItLooked) {
  const TempDir dir;
  const fs::path runs = dir.path() / "runs";
  EXPECT_THAT(
      text_of([&] { find_checkpoint("", runs); }, ErrorKind::model),
      testing::AllOf(HasSubstr("no trained model"), HasSubstr(runs.string()), HasSubstr("|movrec train")));
  EXPECT_THAT(text_of([&] { find_checkpoint("other.pt", runs); }, ErrorKind::model),
              HasSubstr("no checkpoint other.pt"));
  EXPECT_THAT(text_of([&] { find_checkpoint(dir.path() / "none.pt", runs); }, ErrorKind::model),
              HasSubstr("none.pt: No such file"));
  fs::create_directories(runs / "empty");
  EXPECT_THAT(text_of([&] { find_checkpoint(runs / "empty", runs); }, ErrorKind::model),
              HasSubstr("has no best.pt"));
}

}  // namespace
