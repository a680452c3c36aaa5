#include "data/times.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "movrec/core/error.hpp"
#include "support/error_of.hpp"

using namespace movrec;
using test::error_of;
using testing::HasSubstr;

namespace {

using Values = std::vector<std::string_view>;

Error error_of_sample(const Values& sample, std::string_view format = {}) {
  return error_of([&] { TimeReader::of_sample(sample, format); });
}

/// 2024-05-01 12:30:00 UTC, which `date -u -d …  +%s` calls so; and its midnight.
constexpr std::int64_t kNoon = 1'714'566'600, kMidnight = 1'714'521'600;

TEST(Times, ReadWholeSeconds) {
  const TimeReader reader = TimeReader::of_sample(Values{"978300760", "978302109", "", " 978301968"});
  EXPECT_EQ(reader.what(), "seconds");
  EXPECT_FALSE(reader.is_days());
  EXPECT_EQ(reader.read("978300760"), 978'300'760);
  EXPECT_EQ(reader.read(" 978300760 "), 978'300'760);
  EXPECT_EQ(reader.read("0"), 0);
  EXPECT_EQ(reader.read("-1"), -1);
  EXPECT_EQ(reader.read("4102444800"), 4'102'444'800);
  for (const std::string_view bad : {"", " ", "4102444801", "978300760000", "9783o0760", "2024-05-01",
                                     "1e400", "nan", "0x10", "99999999999999999999"})
    EXPECT_EQ(reader.read(bad), std::nullopt) << bad;
}

TEST(Times, ReadSmallNumbersAsSeconds) {
  const TimeReader reader = TimeReader::of_sample(Values{"1", "5", "10"});
  EXPECT_EQ(reader.what(), "seconds");
  EXPECT_EQ(reader.read("5"), 5);
  EXPECT_EQ(TimeReader::of_sample(Values{"", ""}).what(), "seconds");
}

TEST(Times, TellTheUnitByTheSize) {
  struct Case {
    std::string_view text, what;
  };
  for (const Case& c : {Case{"1714566600", "seconds"}, Case{"1714566600000", "milliseconds"},
                        Case{"1714566600000000", "microseconds"}, Case{"1714566600000000000", "nanoseconds"},
                        Case{"1714566600.75", "seconds"}, Case{"1.7145666e9", "seconds"},
                        Case{"1714566600000.0", "milliseconds"}, Case{"1.7145666e12", "milliseconds"}}) {
    const TimeReader reader = TimeReader::of_sample(Values{"0", c.text});
    EXPECT_EQ(reader.what(), c.what) << c.text;
    EXPECT_EQ(reader.read(c.text), kNoon) << c.text;
    EXPECT_EQ(reader.read("0"), 0);
  }
  const TimeReader reader = TimeReader::of_sample(Values{"1714566600999"});
  EXPECT_EQ(reader.read("1714566600999"), kNoon) << "the second that it is in";
  EXPECT_EQ(reader.read("-1"), -1) << "a millisecond before 1970 is in the second before";
  EXPECT_EQ(reader.read("1714566600"), std::nullopt) << "seconds among milliseconds";
}

TEST(Times, RefuseTwoUnitsInOneColumn) {
  const Error error = error_of_sample({"1714566600", "1714566600000"});
  EXPECT_EQ(error.kind(), ErrorKind::data);
  EXPECT_EQ(error.message(),
            "times in seconds and in milliseconds stand in one column: 1714566600 and 1714566600000");
  EXPECT_THAT(error_of_sample({"17145666000000000000"}).message(), HasSubstr("beyond the year 2100"));
}

TEST(Times, KnowDaysFromMidnights) {
  EXPECT_TRUE(TimeReader::of_sample(Values{"1714521600", "1714608000"}).is_days());
  EXPECT_TRUE(TimeReader::of_sample(Values{"1714521600000"}).is_days());
  EXPECT_FALSE(TimeReader::of_sample(Values{"0", "0"}).is_days());
}

TEST(Times, ReadDates) {
  for (const std::string_view text :
       {"2024-05-01", "2024/05/01", "2024-5-1", "20240501", "May 1, 2024", "may 01, 2024", "May. 1, 2024",
        "1 May 2024", "01-May-2024", "Wed, 1 May 2024", "05 1, 2024", "01.05.2024"}) {
    const TimeReader reader = TimeReader::of_sample(Values{text});
    EXPECT_EQ(reader.read(text), kMidnight) << text;
    EXPECT_TRUE(reader.is_days()) << text;
    EXPECT_THAT(reader.what(), testing::StartsWith("dates")) << text;
  }
  EXPECT_EQ(TimeReader::of_sample(Values{"04 7, 2013"}).read("12 31, 2013"), 1'388'448'000);
  EXPECT_EQ(TimeReader::of_sample(Values{"1969-12-31"}).read("1969-12-31"), -86'400);
  EXPECT_EQ(TimeReader::of_sample(Values{"2024-02-29"}).read("2023-02-29"), std::nullopt);
  EXPECT_EQ(TimeReader::of_sample(Values{"2024-02-29"}).read("2024/03/01x"), std::nullopt);
  EXPECT_EQ(TimeReader::of_sample(Values{"20240501"}).read("20241301"), std::nullopt);
}

TEST(Times, ReadDatesWithTimes) {
  for (const std::string_view text : {"2024-05-01T12:30:00Z",
                                      "2024-05-01 12:30:00",
                                      "2024-05-01 12:30",
                                      "2024-05-01T12:30:00.250+00:00",
                                      "2024-05-01T14:30:00+02:00",
                                      "2024-05-01T14:30:00+0200",
                                      "2024-05-01 07:30:00-05",
                                      "2024-05-01 12:30:00 UTC",
                                      "2024/05/01 12:30:00,5",
                                      "20240501123000",
                                      "Wed May 01 12:30:00 +0000 2024",
                                      "Wed May  1 12:30:00 2024",
                                      "Wed, 01 May 2024 14:30:00 +0200",
                                      "01 May 2024 12:30:00 GMT",
                                      "May 1, 2024 12:30 PM",
                                      "May 1, 2024, 12:30:00 pm",
                                      "01.05.2024 12:30",
                                      "01-May-2024 12:30:00",
                                      "1 May 2024, 12:30",
                                      "01/May/2024:14:30:00 +0200"}) {
    const TimeReader reader = TimeReader::of_sample(Values{text});
    EXPECT_EQ(reader.read(text), kNoon) << text;
    EXPECT_FALSE(reader.is_days()) << text;
  }
  EXPECT_EQ(TimeReader::of_sample(Values{"2024-05-01T12:30:00Z"}).what(), "ISO 8601");
  const TimeReader iso = TimeReader::of_sample(Values{"2024-05-01", "2024-05-01 12:30:00"});
  EXPECT_EQ(iso.read("2024-05-01"), kMidnight);
  EXPECT_EQ(iso.read("2024-05-01 12:30:00"), kNoon);
  for (const std::string_view bad :
       {"2024-05-01 25:00:00", "2024-05-01 12:60", "2024-05-01T", "2024-05-01 12:30:00 EST",
        "2024-05-01T12:30:00+99:00", "1714566600", ""})
    EXPECT_EQ(iso.read(bad), std::nullopt) << bad;
}

TEST(Times, TellDayFromMonthWhereAValueDecides) {
  EXPECT_EQ(TimeReader::of_sample(Values{"01/05/2024", "31/12/2023"}).read("01/05/2024"), kMidnight);
  EXPECT_EQ(TimeReader::of_sample(Values{"05/01/2024", "12/31/2023"}).read("05/01/2024"), kMidnight);
  EXPECT_EQ(TimeReader::of_sample(Values{"05/01/2024 12:30", "12/31/2023 1:00"}).read("05/01/2024 12:30"),
            kNoon);
  EXPECT_EQ(TimeReader::of_sample(Values{"5/1/2024, 12:30:00 PM", "12/31/2023, 1:00:00 AM"})
                .read("5/1/2024, 12:30:00 PM"),
            kNoon);
  const Error error = error_of_sample({"12/05/2023", "01/02/2023"});
  EXPECT_EQ(error.kind(), ErrorKind::data);
  EXPECT_EQ(error.message(), "times like '12/05/2023' do not tell the day from the month");
  EXPECT_EQ(error.remedy(), "say which it is: ‹time-format› '%d/%m/%Y' or '%m/%d/%Y'");
  EXPECT_EQ(TimeReader::of_sample(Values{"12/05/2023"}, "%d/%m/%Y").read("12/05/2023"), 1'683'849'600);
}

TEST(Times, RefuseWhatIsNotUnderstood) {
  EXPECT_EQ(error_of_sample({"1999", "2003"}).message(), "times are years alone, like 1999");
  EXPECT_EQ(error_of_sample({"yesterday"}).message(), "times like 'yesterday' are not understood");
  const Error mixed = error_of_sample({"May 1, 2024", "soon"});
  EXPECT_EQ(mixed.message(), "times like 'soon' are not understood");
  EXPECT_EQ(mixed.why(), "others are like 'May 1, 2024'");
  EXPECT_THAT(mixed.remedy(), HasSubstr("‹time-format›"));
  EXPECT_THAT(error_of_sample({"2024-05-01", "1714566600"}).message(), HasSubstr("not understood"));
}

TEST(TimeFormats, ReadEveryLetter) {
  struct Case {
    std::string_view format, text;
  };
  for (const Case& c :
       {Case{"%Y-%m-%d %H:%M:%S", "2024-05-01 12:30:00"}, Case{"%d.%m.%y %H.%M", "01.05.24 12.30"},
        Case{"%F %T", "2024-05-01 12:30:00"}, Case{"%A %e %B %Y %I:%M%p", "wednesday 1 May 2024 12:30pm"},
        Case{"%Y%j %H%M", "2024122 1230"}, Case{"%Y%m%dT%H%M%S.%f%z", "20240501T143000.123+0200"},
        Case{"%s", "1714566600"}, Case{"100%% %s", "100% 1714566600"},
        Case{"%a %b %d %Y %H:%M", "Wed  May 01 2024 12:30"}})
    EXPECT_EQ(TimeFormat(c.format).read(c.text), kNoon) << c.format;
  EXPECT_EQ(TimeFormat("%Y-%m-%d %I %p").read("2024-05-01 12 AM"), kMidnight);
  EXPECT_TRUE(TimeFormat("%d %b %Y").is_days());
  EXPECT_FALSE(TimeFormat("%s").is_days());
  EXPECT_EQ(TimeFormat("%y %m %d").read("69 01 01"), -31'536'000);
}

TEST(TimeFormats, RefuseValuesThatDoNotFit) {
  const TimeFormat format("%d/%m/%Y");
  for (const std::string_view bad :
       {"", "1/2", "1/2/24", "31/04/2024", "1/13/2024", "1/2/2024 ", "01/02/20245", "1//2/2024"})
    EXPECT_EQ(format.read(bad).has_value(), bad == "1/2/2024 ") << bad;
  EXPECT_EQ(TimeFormat("%Y %j").read("2023 366"), std::nullopt);
  EXPECT_EQ(TimeFormat("%Y %j").read("2024 366"), 1'735'603'200);
}

TEST(TimeFormats, RefuseFormatsOfNoDay) {
  const auto error = [](std::string_view format) { return error_of([&] { TimeFormat{format}; }); };
  EXPECT_EQ(error("%Y-%m-%q").kind(), ErrorKind::usage);
  EXPECT_EQ(error("%Y-%m-%q").message(), "‹time-format› %Y-%m-%q: '%q' is not known");
  EXPECT_EQ(error("%Y-%m-%d %").message(), "‹time-format› %Y-%m-%d %: '%' is not known");
  EXPECT_THAT(error("%H:%M").message(), HasSubstr("no day follows"));
  EXPECT_THAT(error("%Y-%m").message(), HasSubstr("no day follows"));
  EXPECT_THAT(error("%F %I:%M").message(), HasSubstr("%I needs %p"));
  EXPECT_THAT(error_of_sample({"1 May 2024"}, "%d/%m/%Y").message(), HasSubstr("no time is written as"));
}

TEST(Times, LeaveMissingValuesAside) {
  for (const std::string_view text : {"", "  ", "NULL", "null", "NaN", "N/A", "NA", "None", "\\N"})
    EXPECT_TRUE(is_missing_value(text)) << text;
  for (const std::string_view text : {"0", "-", "nano", "\\", "N"})
    EXPECT_FALSE(is_missing_value(text)) << text;
  const TimeReader reader = TimeReader::of_sample(Values{"NULL", "1714566600000", "nan", ""});
  EXPECT_EQ(reader.what(), "milliseconds");
  EXPECT_EQ(reader.read("NULL"), std::nullopt);
}

TEST(Times, SayWhatIsOdd) {
  EXPECT_EQ(oddness_of(kNoon, kNoon), OddTime::none);
  EXPECT_EQ(oddness_of(kNoon + 86'400, kNoon), OddTime::none);
  EXPECT_EQ(oddness_of(kNoon + 86'401, kNoon), OddTime::after_tomorrow);
  EXPECT_EQ(oddness_of(0, kNoon), OddTime::zero);
  EXPECT_EQ(oddness_of(-1, kNoon), OddTime::before_1970);
  EXPECT_EQ(oddness_of(-2'208'988'801, kNoon), OddTime::before_1900);
}

TEST(Times, TellThatAColumnOfRatingsHoldsThem) {
  for (const double value :
       {978'300'760.0, 1'714'566'600.5, 1.7145666e12, 1.7145666e15, 1.7145666e18, 20'240'501.0, 19'970'101.0})
    EXPECT_TRUE(looks_like_time(value)) << value;
  for (const double value :
       {0.0, 1.0, 5.0, 100.0, 366.0, 2024.0, 45'000.0, 123'456.0, 20'241'301.0, 1e20, -978'300'760.0})
    EXPECT_FALSE(looks_like_time(value)) << value;
}

}  // namespace
