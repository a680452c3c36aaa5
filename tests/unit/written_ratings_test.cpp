#include "movrec/data/written_ratings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "movrec/core/error.hpp"
#include "support/error_of.hpp"

using namespace movrec;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// "user|item|stars|line" of each.
std::vector<std::string> read(std::string_view text, bool has_users = false) {
  std::vector<std::string> out;
  const WrittenRatings found = read_written_ratings(text, "mine.csv", has_users, {1, 5});
  for (const WrittenRating& one : found.ratings)
    out.push_back(fmt::format("{}|{}|{}|{}", one.user, one.item, one.stars, one.line));
  return out;
}

std::string error_of(std::string_view text, bool has_users = false) {
  return test::message_of([&] { read(text, has_users); }, ErrorKind::data);
}

TEST(WrittenRatings, AreItemAndStarsWithAnySeparator) {
  EXPECT_THAT(read("50,4.5\nToy Story,3\n"), ElementsAre("|50|4.5|1", "|Toy Story|3|2"));
  EXPECT_THAT(read("50::4\r\n\nToy Story::3"), ElementsAre("|50|4|1", "|Toy Story|3|3"));
  EXPECT_THAT(read("Matrix, The (1999)\t5\n"), ElementsAre("|Matrix, The (1999)|5|1"));
  EXPECT_THAT(read("\"Matrix, The (1999)\", 5 \n"), ElementsAre("|Matrix, The (1999)|5|1"));
  EXPECT_THAT(read("7::50::4\n", true), ElementsAre("7|50|4|1"));
}

TEST(WrittenRatings, ATitleMayBeginWithABracket) {
  EXPECT_THAT(read("[Rec] (2007),4\n50,3\n"), ElementsAre("|[Rec] (2007)|4|1", "|50|3|2"));
}

TEST(WrittenRatings, AHeaderNamesTheColumns) {
  EXPECT_THAT(read("item,stars,title\n50,4,\"Star, Wars\"\n"), ElementsAre("|50|4|2"));
  EXPECT_THAT(read("rating,title\n4,Heat\n"), ElementsAre("|Heat|4|2"));
  EXPECT_THAT(read("userId,movieId,rating,timestamp\n7,50,4,99\n"), ElementsAre("|50|4|2"));
  EXPECT_THAT(read("userId,movieId,rating,timestamp\n7,50,4,99\n", true), ElementsAre("7|50|4|2"));
}

TEST(WrittenRatings, TheLaterComesLater) {
  EXPECT_THAT(read("1,5,30\n2,4,10\n3,3,20\n"), ElementsAre("|2|4|2", "|3|3|3", "|1|5|1"));
}

TEST(WrittenRatings, ABadLineIsNamed) {
  EXPECT_THAT(error_of("50,4\nToy Story,six\n"),
              HasSubstr("mine.csv:2: expected stars from 1 to 5, found 'Toy Story,six'"));
  for (const char* stars : {"nan", "inf", "-inf", "0", "5.5", ""})
    EXPECT_THAT(error_of(fmt::format("50,4\n1,{}\n", stars)), HasSubstr("mine.csv:2: expected stars"));
  EXPECT_THAT(error_of("50\n"), HasSubstr("mine.csv:1: expected item,stars"));
  EXPECT_THAT(error_of("The Good, the Bad, the Ugly,5\n"), HasSubstr("titles that hold a comma in quotes"));
  EXPECT_THAT(error_of(",5\n"), HasSubstr("mine.csv:1: expected an item's id or title"));
  EXPECT_THAT(error_of("50,4,soon\n"), HasSubstr("a time in whole seconds"));
  EXPECT_THAT(error_of("item,stars\n50,4,3\n"), HasSubstr("mine.csv:2: expected 2 fields"));
  EXPECT_THAT(error_of("1,50\n", true), HasSubstr("expected user,item,stars"));
  EXPECT_THAT(error_of(""), HasSubstr("holds no ratings"));
  EXPECT_THAT(error_of("item,stars\n"), HasSubstr("holds no ratings"));
}

}  // namespace
