#include "data/known_layouts.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "data/ratings_reader.hpp"
#include "movrec/core/error.hpp"
#include "movrec/report/ratings_writer.hpp"

using namespace movrec;
using testing::HasSubstr;

namespace {

struct Read {
  ReadReport report;
  std::string csv;  ///< what was understood, without the header
};

Read read(std::string_view text, const ReadOptions& options = {}) {
  Read out;
  RawRatings raw;
  BadLines bad_lines(false);
  out.report = read_ratings(text, "file", options, bad_lines, raw);
  Dataset dataset;
  take_ratings(dataset, std::move(raw));
  std::ostringstream csv;
  write_ratings(dataset, "csv", csv);
  out.csv = csv.str().substr(csv.str().find('\n') + 1);
  return out;
}

std::string error_of(std::string_view text) {
  try {
    read(text);
  } catch (const Error& error) {
    return error.message() + " | " + error.remedy();
  }
  return "no error";
}

TEST(KnownLayouts, ZerosOfBookCrossingAndGoodreadsAreNoRatings) {
  const Read books = read(
      "\"User-ID\";\"ISBN\";\"Book-Rating\"\n\"7\";\"034545104X\";\"0\"\n\"7\";\"0155061224\";\"5\"\n\"8\";"
      "\"x\";\"9\"\n");
  EXPECT_EQ(books.csv, "7,0155061224,5\n8,x,9\n");
  EXPECT_EQ(books.report.n_missing, 1U);
  EXPECT_THAT(books.report.file, HasSubstr("Book-Crossing"));
  EXPECT_EQ(read("{\"user_id\": \"u\", \"book_id\": \"1\", \"is_read\": true, \"rating\": 0}\n"
                 "{\"user_id\": \"u\", \"book_id\": \"2\", \"is_read\": true, \"rating\": 4}\n")
                .csv,
            "u,2,4\n");
  EXPECT_EQ(read("\"User-ID\";\"ISBN\";\"Book-Rating\"\n7;1;0\n7;2;5\n", {.accepts_all = true}).csv,
            "7,1,0\n7,2,5\n")
      << "--missing none";
}

TEST(KnownLayouts, MinusOneOfAnimeIsNoRating) {
  EXPECT_EQ(read("user_id,anime_id,rating\n1,20,-1\n1,24,8\n").csv, "1,24,8\n");
}

TEST(KnownLayouts, AmazonOf2018HasTheItemFirst) {
  EXPECT_EQ(read("0006428320,A3478QRKQDOPQ2,5.0,1362960000\nB00DDMN24W,A2Q6FBJ0GDHSKV,4.0,1362960000\n").csv,
            "A3478QRKQDOPQ2,0006428320,5,1362960000\nA2Q6FBJ0GDHSKV,B00DDMN24W,4,1362960000\n");
  EXPECT_EQ(read("A3478QRKQDOPQ2,0006428320,5.0,1362960000\nA2Q6FBJ0GDHSKV,B00DDMN24W,4.0,1362960000\n").csv,
            "A3478QRKQDOPQ2,0006428320,5,1362960000\nA2Q6FBJ0GDHSKV,B00DDMN24W,4,1362960000\n")
      << "that of 2014 the user";
}

TEST(KnownLayouts, LastfmAndSteamCount) {
  const std::string sha(40, 'a');
  const Read plays = read(fmt::format("{0}\tmbid-1\tthe \"band\t137\n{0}\t\tother\t12\n", sha));
  EXPECT_EQ(plays.report.feedback, Feedback::counts);
  EXPECT_EQ(plays.csv, fmt::format("{0},\"the \"\"band\",137\n{0},other,12\n", sha));
  const Read events = read(
      "user_000001\t2009-05-04T23:08:57Z\tmbid\tDeep Dish\ttrack\tFuck Me Im Famous\n"
      "user_000001\t2009-05-04T13:54:10Z\tmbid\t坂本龍一\t\tComposition 0919\n");
  EXPECT_EQ(events.report.feedback, Feedback::counts);
  EXPECT_EQ(events.csv, "user_000001,Deep Dish,1,1241478537\nuser_000001,坂本龍一,1,1241445250\n");
  EXPECT_EQ(read("151603712,Fallout 4,purchase,1.0,0\n151603712,Fallout 4,play,87.0,0\n").csv,
            "151603712,Fallout 4,1\n151603712,Fallout 4,87\n");
  EXPECT_EQ(read("userID\tartistID\tweight\n2\t51\t13883\n").report.feedback, Feedback::counts);
}

TEST(KnownLayouts, NetflixNamesTheFilmBeforeItsRatings) {
  const Read netflix = read("1:\n1488844,3,2005-09-06\n822109,5,2005-05-13\n2:\n885013,4,2005-10-19\n");
  EXPECT_EQ(netflix.csv, "1488844,1,3,1125964800\n822109,1,5,1115942400\n885013,2,4,1129680000\n");
  EXPECT_THAT(netflix.report.file, HasSubstr("Netflix Prize"));
  EXPECT_THAT(error_of("1:\n1488844,3,2005-09-06\n1488844,9,2005-09-06\n"),
              HasSubstr("file:3: expected a film's id and ':', or user,stars,date"));
}

TEST(KnownLayouts, JesterIsAMatrix) {
  std::string text;
  for (int user = 0; user < 3; ++user) {
    text += "2";
    for (int joke = 1; joke <= 30; ++joke) text += joke == user + 1 ? ",-7.82" : joke == 30 ? ",9.5" : ",99";
    text += '\n';
  }
  const Read jester = read(text);
  EXPECT_EQ(jester.csv, "1,1,-7.82\n1,30,9.5\n2,2,-7.82\n2,30,9.5\n3,3,-7.82\n3,30,9.5\n");
  EXPECT_THAT(error_of(text + "5" + text.substr(1, text.find('\n'))), HasSubstr("file:4: expected how many"));
}

TEST(KnownLayouts, OnePersonsExportIsNoDataSet) {
  EXPECT_THAT(
      error_of("Date,Name,Year,Letterboxd URI,Rating\n2021-03-01,Old Oak,2013,https://b,4.5\n"),
      HasSubstr("what Letterboxd exports of one person, and no data set | movrec recommend ‹history› file"));
}

}  // namespace
