#include "data/date.hpp"

#include <gtest/gtest.h>

using namespace movrec;

namespace {

TEST(Date, IsADayOrUnixSeconds) {
  EXPECT_EQ(parse_date("1970-01-01"), 0);
  EXPECT_EQ(parse_date("2000-12-31"), 978'220'800);
  EXPECT_EQ(parse_date("2024-02-29"), 1'709'164'800);
  EXPECT_EQ(parse_date("1969-12-31"), -86'400);
  EXPECT_EQ(parse_date("978300760"), 978'300'760);
  EXPECT_EQ(parse_date("-5"), -5);
}

TEST(Date, IsNothingElse) {
  for (const char* text :
       {"", "2000", "2000-1-1", "2001-02-29", "2000-13-01", "2000-00-10", "2000-12-32", "31.12.2000",
        "2000/12/31", "2000-12-31 10:00", "9.5", "12e3", "99999999999999999999", "2000-12--1", " 2000-12-31"})
    EXPECT_EQ(parse_date(text), std::nullopt) << text;
}

TEST(Date, IsWrittenAsItIsRead) {
  EXPECT_EQ(day_text(978'220'800 + 86'399), "2000-12-31");
  EXPECT_EQ(day_text(-1), "1969-12-31");
}

}  // namespace
