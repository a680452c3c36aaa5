#include "data/service_exports.hpp"

#include <fmt/ranges.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "movrec/core/error.hpp"

using namespace movrec;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

constexpr StarScale kHalfStars{0.5F, 5};

/// "item|title|year|stars|time" of each.
std::vector<std::string> read(std::string_view text, StarScale scale = kHalfStars) {
  std::vector<std::string> out;
  const WrittenRatings found = read_service_export(text, "mine", scale).value();
  for (const WrittenRating& one : found.ratings)
    out.push_back(
        fmt::format("{}|{}|{}|{}|{}", one.item, fmt::join(one.titles, "/"), one.year, one.stars, one.time));
  return out;
}

std::string error_of(std::string_view text) {
  try {
    read(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return error.message();
  }
  return "no error";
}

constexpr std::string_view kImdb =
    "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,Year\n"
    "tt1,9,2021-03-01,The Harbour,Le port,https://example.org,Movie,1994\n"
    "tt2,10,2021-03-02,\"Oak, and Ash\",\"Oak, and Ash\",https://example.org,TV Series,2001\n";

TEST(ServiceExports, LetterboxdHasHalfStarsAndFilmsWithoutThem) {
  constexpr std::string_view kText =
      "Date,Name,Year,Letterboxd URI,Rating\n"
      "2021-03-01,Old Oak,2013,https://boxd.example/a,4.5\n"
      "2021-03-02,Été sans fin,2001,https://boxd.example/b,\n";
  EXPECT_THAT(read(kText), ElementsAre("|Old Oak|2013|4.5|1614556800"));
  const auto found = read_service_export(kText, "mine", kHalfStars);
  EXPECT_EQ(found->service, "Letterboxd");
  EXPECT_EQ(found->n_unrated, 1U);
}

TEST(ServiceExports, ImdbCountsToTenAndHoldsSeries) {
  EXPECT_THAT(read(kImdb), ElementsAre("tt1|The Harbour/Le port|1994|4.5|1614556800"));
  EXPECT_THAT(read(kImdb, {1, 10}), ElementsAre("tt1|The Harbour/Le port|1994|9|1614556800"));
  EXPECT_EQ(read_service_export(kImdb, "mine", kHalfStars)->n_other, 1U);
}

TEST(ServiceExports, TheLowestRatingsStayWithinTheScale) {
  EXPECT_THAT(read("Const,Your Rating,Title,Year\ntt1,1,A,1999\n", {1, 5}), ElementsAre("tt1|A|1999|1|0"));
}

TEST(ServiceExports, TraktComesAsATableAndAsJson) {
  EXPECT_THAT(read("rated_at,type,title,year,rating,trakt_id,imdb_id\n"
                   "2014-09-01T09:10:11.000Z,movie,TRON,2010,8,1,tt1104001\n"
                   "2014-09-01T09:10:11.000Z,episode,Pilot,2010,8,2,tt2\n"),
              ElementsAre("tt1104001|TRON|2010|4|1409529600"));
  EXPECT_THAT(read(R"([{"rated_at":"2014-09-01T09:10:11.000Z","rating":8,"type":"movie",
                "movie":{"title":"TRON","year":2010,"ids":{"trakt":1,"imdb":"tt1104001"}}},
               {"rated_at":"2014-09-01T09:10:11.000Z","rating":9,"type":"show","show":{"title":"X"}},
               {"type":"movie","movie":{"title":"Seen","year":null,"ids":null}}])"),
              ElementsAre("tt1104001|TRON|2010|4|1409529600"));
}

TEST(ServiceExports, OtherFilesAreNone) {
  for (const char* text :
       {"", "item,stars\n1,5\n", "Name,Year\nA,1999\n", "[1, 2]", "[]", "{\"rating\": 5}\n"})
    EXPECT_FALSE(read_service_export(text, "mine", kHalfStars)) << text;
}

TEST(ServiceExports, WhatCannotBeMeantIsNamed) {
  EXPECT_THAT(error_of("Const,Your Rating,Title,Year\ntt1,11,A,1999\n"),
              HasSubstr("mine:2: expected a rating up to 10"));
  EXPECT_THAT(error_of("Const,Your Rating,Title,Year\ntt1,ten,A,1999\n"), HasSubstr("mine:2:"));
  EXPECT_THAT(error_of("Const,Your Rating,Title,Year\ntt1,9,A\n"), HasSubstr("mine:2: expected 4 fields"));
  EXPECT_THAT(error_of("[{\"rating\": 8, \"type\": \"movie\", \"movie\": {}}"), HasSubstr("is none"));
  EXPECT_THAT(error_of(R"([{"rating": 80, "type": "movie", "movie": {"title": "A"}}])"),
              HasSubstr("object 1"));
}

}  // namespace
