#include "data/date.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_date(std::string_view text) {
  namespace chrono = std::chrono;
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    const auto year = whole_number<unsigned>(text.substr(0, 4)),
               month = whole_number<unsigned>(text.substr(5, 2)),
               day = whole_number<unsigned>(text.substr(8));
    if (!year || !month || !day) return std::nullopt;
    const chrono::year_month_day date{chrono::year(static_cast<int>(*year)), chrono::month(*month),
                                      chrono::day(*day)};
    if (!date.ok()) return std::nullopt;
    return chrono::sys_seconds(chrono::sys_days(date)).time_since_epoch().count();
  }
  const auto seconds = whole_number<std::int64_t>(text);
  const bool is_year = seconds && *seconds >= 1900 && *seconds <= 2100;
  return is_year ? std::nullopt : seconds;
}

std::int64_t date_of_option(std::string_view name, const std::string& text) {
  if (const auto seconds = parse_date(text)) return *seconds;
  throw Error(ErrorKind::usage, fmt::format("‹{}›: '{}' is not a date", name, shown(text)), {},
              fmt::format("‹{}› 2000-12-31, whose first second counts (UTC), or unix seconds", name));
}

std::string day_text(std::int64_t unix_seconds) {
  namespace chrono = std::chrono;
  const chrono::year_month_day date{
      chrono::floor<chrono::days>(chrono::sys_seconds(chrono::seconds(unix_seconds)))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

}  // namespace movrec
