#include "data/times.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "data/text.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

constexpr std::int64_t kDay = 86'400;

struct Unit {
  std::string_view name;
  std::int64_t per_second;
};
/// Each reaches to the year 2100, and the next one begins where it ends: fifteen days into 1970 of its own.
constexpr std::array kUnits = {Unit{"seconds", 1}, Unit{"milliseconds", 1'000},
                               Unit{"microseconds", 1'000'000}, Unit{"nanoseconds", 1'000'000'000}};
/// Smaller numbers (0, -1, 5) are of any unit.
constexpr double kLeastTellingNumber = 1e6;

/// Formats that a column may have without being asked. Of those that differ in the order of day and month, see kTwins.
constexpr std::array<std::string_view, 28> kFormats = {
    "%a %b %d %H:%M:%S %z %Y",   // Twitter
    "%a %b %d %H:%M:%S %Y",      // ctime
    "%a, %d %b %Y %H:%M:%S %z",  // RFC 2822
    "%d %b %Y %H:%M:%S %z",
    "%b %d, %Y",
    "%b %d %Y",
    "%m %d, %Y",  // Amazon's reviewTime
    "%d %b %Y",
    "%d-%b-%Y",
    "%a, %d %b %Y",
    "%a, %b %d, %Y",
    "%b %d, %Y %H:%M",
    "%b %d, %Y %H:%M:%S",
    "%b %d, %Y %I:%M %p",
    "%b %d, %Y %I:%M:%S %p",
    "%b %d, %Y, %I:%M %p",
    "%b %d, %Y, %I:%M:%S %p",
    "%d %b %Y %H:%M",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y, %H:%M",
    "%d %b %Y, %H:%M:%S",
    "%d-%b-%Y %H:%M:%S",
    "%d/%b/%Y:%H:%M:%S %z",  // logs of web servers
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y, %H:%M",
    "%d.%m.%Y, %H:%M:%S",
};

struct Twins {
  std::string_view day_first, month_first;
};
constexpr std::array kTwins = {
    Twins{"%d/%m/%Y", "%m/%d/%Y"},
    Twins{"%d-%m-%Y", "%m-%d-%Y"},
    Twins{"%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"},
    Twins{"%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S"},
    Twins{"%d/%m/%Y, %H:%M:%S", "%m/%d/%Y, %H:%M:%S"},
    Twins{"%d/%m/%Y %I:%M %p", "%m/%d/%Y %I:%M %p"},
    Twins{"%d/%m/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M:%S %p"},
    Twins{"%d/%m/%Y, %I:%M:%S %p", "%m/%d/%Y, %I:%M:%S %p"},
    Twins{"%d-%m-%Y %H:%M", "%m-%d-%Y %H:%M"},
    Twins{"%d-%m-%Y %H:%M:%S", "%m-%d-%Y %H:%M:%S"},
};

/// The row of kUnits that a number is of by its size; none for small ones, kUnits.size() beyond all.
std::optional<std::size_t> unit_of(double value) {
  const double size = std::abs(value);
  if (size < kLeastTellingNumber) return std::nullopt;
  std::size_t unit = 0;
  while (unit < kUnits.size() && size > static_cast<double>(kMostSeconds * kUnits[unit].per_second)) ++unit;
  return unit;
}

/// "20240501" or "20240501123000".
std::optional<std::int64_t> read_compact(std::string_view text) {
  if (text.size() != 8 && text.size() != 14) return std::nullopt;
  CivilTime time;
  std::size_t at = 0;
  const bool is_read = take_number(text, at, 4, 4, time.year) && take_number(text, at, 2, 2, time.month) &&
                       take_number(text, at, 2, 2, time.day) &&
                       (at == text.size() ||
                        (take_number(text, at, 2, 2, time.hour) && take_number(text, at, 2, 2, time.minute) &&
                         take_number(text, at, 2, 2, time.second)));
  return is_read && time.year >= 1900 && time.year <= 2100 ? time.unix_seconds() : std::nullopt;
}

/// A date with '-' or '/', and maybe a time of day with a fraction and a zone.
std::optional<std::int64_t> read_iso(std::string_view text) {
  CivilTime time;
  std::size_t at = 0;
  const auto take = [&](char c) { return at < text.size() && text[at] == c && ++at > 0; };
  if (!take_number(text, at, 4, 4, time.year)) return std::nullopt;
  const char separator = at < text.size() ? text[at] : '\0';
  if ((separator != '-' && separator != '/') || !take(separator) ||
      !take_number(text, at, 1, 2, time.month) || !take(separator) || !take_number(text, at, 1, 2, time.day))
    return std::nullopt;
  if (at == text.size()) return time.unix_seconds();
  if (!take('T') && !take(' ') && !take('t')) return std::nullopt;
  while (take(' ')) {
  }
  if (!take_number(text, at, 1, 2, time.hour) || !take(':') || !take_number(text, at, 2, 2, time.minute))
    return std::nullopt;
  if (take(':') && !take_number(text, at, 2, 2, time.second)) return std::nullopt;
  int ignored = 0;
  if ((take('.') || take(',')) && !take_number(text, at, 1, 9, ignored)) return std::nullopt;
  while (take(' ')) {
  }
  if (at < text.size() && !take_zone(text, at, time.zone_minutes)) return std::nullopt;
  return at == text.size() ? time.unix_seconds() : std::nullopt;
}

/// Exact for whole numbers of any unit; a fraction or exponent goes through a double, of seconds exact as well.
std::optional<std::int64_t> read_number(std::string_view text, std::size_t unit) {
  const std::int64_t per_second = kUnits[unit].per_second;
  const auto fits = [&](double value) { return unit_of(value).value_or(unit) == unit; };
  if (const auto whole = to_number<std::int64_t>(text)) {
    if (!fits(static_cast<double>(*whole))) return std::nullopt;
    return *whole / per_second - (*whole % per_second < 0 ? 1 : 0);
  }
  const auto real = to_number<double>(text);
  if (!real || !std::isfinite(*real) || !fits(*real)) return std::nullopt;
  return static_cast<std::int64_t>(std::floor(*real / static_cast<double>(per_second)));
}

bool is_year(std::string_view text) {
  const auto year = to_number<std::int32_t>(text);
  return text.size() == 4 && year && *year >= 1900 && *year <= 2100;
}

constexpr std::string_view kFormatExample = "say how they are written: ‹time-format› '%d/%m/%Y %H:%M'";

}  // namespace

bool is_missing_value(std::string_view text) {
  constexpr std::array<std::string_view, 6> kMissing = {"null", "na", "n/a", "nan", "none", "\\n"};
  text = trim(text);
  if (text.empty()) return true;
  return std::ranges::any_of(kMissing, [&](std::string_view word) {
    return std::ranges::equal(text, word, {},
                              [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  });
}

bool TimeReader::reads_all(std::span<const std::string_view> sample) const {
  return std::ranges::all_of(sample, [&](std::string_view text) { return read(text).has_value(); });
}

void TimeReader::set_kind(Kind kind, std::string what, std::string_view example) {
  kind_ = kind;
  is_plain_seconds_ = false;
  what_ = std::move(what);
  expected_ = fmt::format("a time like '{}'", shown(example));
}

/// By the size of those that tell; where they tell different units, only a part of them would be read right.
void TimeReader::set_unit(std::span<const std::string_view> sample) {
  std::optional<std::size_t> unit;
  std::string_view example;
  for (const std::string_view text : sample) {
    const auto found = unit_of(to_number<double>(text).value_or(0));
    if (!found) continue;
    if (*found == kUnits.size())
      throw Error(ErrorKind::data,
                  fmt::format("the time {} is beyond the year 2100 in any unit", shown(text)), {},
                  "is it the column of times?");
    if (unit && *unit != *found)
      throw Error(ErrorKind::data,
                  fmt::format("times in {} and in {} stand in one column: {} and {}", kUnits[*unit].name,
                              kUnits[*found].name, shown(example), shown(text)),
                  {}, "write all of them in one unit");
    unit = found;
    example = text;
  }
  unit_ = unit.value_or(0);
  is_plain_seconds_ = unit_ == 0;
  what_ = kUnits[unit_].name;
  expected_ = fmt::format("a time in {} since 1970, up to the year 2100", what_);
}

void TimeReader::choose_format(std::span<const std::string_view> sample) {
  const auto fits = [&](std::string_view format) {
    format_.emplace(format);
    return reads_all(sample);
  };
  set_kind(Kind::format, "dates", sample.front());
  const auto use = [&](std::string_view format) {
    format_.emplace(format);
    is_days_ = format_->is_days();
    what_ = fmt::format("{} ({})", is_days_ ? "dates" : "times", format);
  };
  for (const std::string_view format : kFormats)
    if (fits(format)) return use(format);
  for (const Twins& twins : kTwins) {
    const bool day_first = fits(twins.day_first), month_first = fits(twins.month_first);
    if (day_first && month_first)
      throw Error(
          ErrorKind::data,
          fmt::format("times like '{}' do not tell the day from the month", shown(sample.front())), {},
          fmt::format("say which it is: ‹time-format› '{}' or '{}'", twins.day_first, twins.month_first));
    if (day_first || month_first) return use(day_first ? twins.day_first : twins.month_first);
  }
  // The value that is unlike the others says more than the first.
  const auto reads_first = [&](std::string_view format) {
    format_.emplace(format);
    return read(sample.front()).has_value();
  };
  std::string_view odd = sample.front();
  const auto* const first = std::ranges::find_if(kFormats, reads_first);
  if (first != kFormats.end()) {
    format_.emplace(*first);
    odd = *std::ranges::find_if(sample, [&](std::string_view text) { return !read(text); });
  }
  throw Error(ErrorKind::data, fmt::format("times like '{}' are not understood", shown(odd)),
              odd == sample.front() ? "" : fmt::format("others are like '{}'", shown(sample.front())),
              std::string(kFormatExample));
}

TimeReader TimeReader::of_format(std::string_view format, std::span<const std::string_view> sample) {
  TimeReader reader;
  reader.set_kind(Kind::format, std::string(format), format);
  reader.format_.emplace(format);
  reader.is_days_ = reader.format_->is_days();
  reader.expected_ = fmt::format("a time written as {}", shown(format));
  const auto is_read = [&](std::string_view text) { return reader.read(text).has_value(); };
  if (!sample.empty() && std::ranges::none_of(sample, is_read))
    throw Error(ErrorKind::data, fmt::format("no time is written as ‹time-format› {} says", shown(format)),
                fmt::format("they are like '{}'", shown(sample.front())));
  return reader;
}

TimeReader TimeReader::of_sample(std::span<const std::string_view> values, std::string_view format) {
  std::vector<std::string_view> sample;
  for (const std::string_view value : values)
    if (!is_missing_value(value)) sample.push_back(trim(value));
  if (!format.empty()) return of_format(format, sample);
  TimeReader reader;
  if (sample.empty()) return reader;
  const auto all = [&](auto&& holds) { return std::ranges::all_of(sample, holds); };
  if (all(is_year))
    throw Error(ErrorKind::data, fmt::format("times are years alone, like {}", shown(sample.front())),
                "too coarse to put ratings in order", "leave the column out: ‹columns› … with - for it");
  if (all([](std::string_view text) { return read_compact(text).has_value(); })) {
    reader.set_kind(Kind::compact, sample.front().size() == 8 ? "dates" : "dates with times", sample.front());
    reader.is_days_ = all([](std::string_view text) { return text.size() == 8; });
  } else if (all([](std::string_view text) { return to_number<double>(text).has_value(); })) {
    reader.set_unit(sample);
    const auto is_midnight = [&](std::string_view text) { return reader.read(text).value_or(1) % kDay == 0; };
    reader.is_days_ = all(is_midnight) && std::ranges::any_of(sample, [&](std::string_view text) {
                        return reader.read(text).value_or(0) != 0;
                      });
  } else if (all([](std::string_view text) { return read_iso(text).has_value(); })) {
    reader.is_days_ = all([](std::string_view text) { return text.find(':') == std::string_view::npos; });
    reader.set_kind(Kind::iso, reader.is_days_ ? "dates" : "ISO 8601", sample.front());
  } else {
    reader.choose_format(sample);
  }
  return reader;
}

std::optional<std::int64_t> TimeReader::read_any(std::string_view text) const {
  text = trim(text);
  switch (kind_) {
    case Kind::number:
      return read_number(text, unit_);
    case Kind::compact:
      return read_compact(text);
    case Kind::iso:
      return read_iso(text);
    case Kind::format:
      return format_->read(text);
  }
  return std::nullopt;
}

OddTime oddness_of(std::int64_t time, std::int64_t now) {
  constexpr std::int64_t k1900 = -2'208'988'800;
  if (time == 0) return OddTime::zero;
  if (time < k1900) return OddTime::before_1900;
  if (time < 0) return OddTime::before_1970;
  return time > now + kDay ? OddTime::after_tomorrow : OddTime::none;
}

bool looks_like_time(double value) {
  constexpr double k1990 = 631'152'000;
  if (value >= 19'000'101 && value <= 21'001'231)
    return read_compact(fmt::format("{:.0f}", value)).has_value();
  const auto unit = unit_of(value);
  return unit && *unit < kUnits.size() && value >= k1990 * static_cast<double>(kUnits[*unit].per_second);
}

}  // namespace movrec
