#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/suspicions.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/run_context.hpp"

using namespace movrec;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

/// What is logged, and what is refused, of ratings with these values, 100 of each.
struct Heard : Observer {
  std::string warnings, error, remedy;
  std::size_t n_left = 0;

  explicit Heard(const std::vector<float>& values,
                 ReadReport report = {},
                 std::vector<std::int64_t> times = {},
                 CheckOptions options = {}) {
    RawRatings raw;
    for (int k = 0; k < 100; ++k)
      for (const float value : values) raw.add(0, 0, value);
    raw.times = std::move(times);
    report.file = "F";
    const RunScope scope({.observer = this});
    try {
      report.n_ratings = raw.size();
      check_ratings(suspicions_of(report, raw, options));
      n_left = raw.size();
    } catch (const Error& refused) {
      error = refused.message();
      remedy = refused.remedy();
    }
  }
  void log(LogLevel level, std::string_view text) override {
    if (level == LogLevel::warning) warnings += std::string(text) + "\n";
  }
};

TEST(Suspicions, ScalesOfRatingsAreNone) {
  for (const std::vector<float>& scale : std::vector<std::vector<float>>{{1, 2, 3, 4, 5},
                                                                         {0.5, 1, 1.5, 2, 3, 4.5, 5},
                                                                         {0, 1, 2, 3, 4},
                                                                         {-10, -3.2F, 0.1F, 7.7F, 10},
                                                                         {1, 5, 10},
                                                                         {0, 1},
                                                                         {1, 10, 100}}) {
    const Heard heard(scale);
    EXPECT_THAT(heard.error, IsEmpty());
    EXPECT_THAT(heard.warnings, IsEmpty());
  }
}

TEST(Suspicions, ValuesThatStandForNotRatedAreRefusedWithTheRemedy) {
  const Heard jester({-9.8F, -3, 0.5F, 8, 10, 99});
  EXPECT_THAT(jester.error, HasSubstr("of the ratings are 99, all others lie from -9.8 to 10"));
  EXPECT_THAT(jester.remedy, HasSubstr("‹missing› 99"));
  EXPECT_THAT(Heard({1, 2, 5, 8, 10, -1}).error, HasSubstr("of the ratings are -1"));
  EXPECT_THAT(Heard({0, 0, 0, 1, 2, 5, 8, 10}).error, HasSubstr("of the ratings are 0"));
  EXPECT_THAT(Heard({0, 1, 2, 3, -999}).error, HasSubstr("of the ratings are -999"));
  EXPECT_THAT(Heard({-9.8F, -3, 0.5F, 8, 10, 99}, {}, {}, {.accepts_all_values = true}).error, IsEmpty());
}

TEST(Suspicions, ValuesThatStandForNotRatedAreLeftOutWhereBadLinesAre) {
  const Heard heard({1, 2, 5, 8, 10, -1}, {}, {}, {.leaves_out = true});
  EXPECT_THAT(heard.error, IsEmpty());
  EXPECT_EQ(heard.n_left, 500U);
  EXPECT_THAT(heard.warnings,
              HasSubstr("16.7 % of the ratings are -1, all others lie from 1 to 10: taken for"));
}

TEST(Suspicions, IdsInTwoSpellingsAreRefused) {
  RawRatings raw;
  for (const char* id : {"17", "x.0", "18", "17.0"})
    raw.add(raw.user_ids.place_of(std::string_view(id)), raw.item_ids.place_of(1), 3);
  ReadReport report{.file = "F"};
  try {
    check_ratings(suspicions_of(report, raw, {}));
    FAIL() << "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "F: ids of users are spelt in two ways, like 17 and 17.0");
  }
}

TEST(Suspicions, DaysInThePlaceOfRatingsAreRefused) {
  std::vector<float> days;
  for (int day = 0; day < 365; ++day) days.push_back(static_cast<float>(day));
  const Heard heard(days, {.is_by_position = true});
  EXPECT_THAT(heard.error, HasSubstr("365 different whole numbers from 0 to 364: is it a rating?"));
  EXPECT_THAT(heard.remedy, HasSubstr("‹columns› user,item,time"));
  EXPECT_THAT(Heard(days).error, IsEmpty()) << "a header says that it is one";
}

TEST(Suspicions, WhatMayBeRightIsSaid) {
  EXPECT_THAT(Heard({5}).warnings, HasSubstr("all ratings are 5"));
  EXPECT_THAT(Heard({1, 2}, {}, {978300760, -3, 0, 978300761}).warnings,
              AllOf(HasSubstr("times before 1970: 1"),
                    HasSubstr("times that are 0, which may stand for unknown: 1")));
  EXPECT_THAT(Heard({1, 2}, {}, {978300760, 4'000'000'000}).warnings, HasSubstr("times after tomorrow: 1"));
}

}  // namespace
