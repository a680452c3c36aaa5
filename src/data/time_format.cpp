#include "data/time_format.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <span>

#include "data/text.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

constexpr std::string_view kLetters = "YymbBdejHIMSfpzaAsFT%";
constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> kDays = {"monday", "tuesday",  "wednesday", "thursday",
                                                   "friday", "saturday", "sunday"};

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

/// Steps over a name, whole or its first three letters, and gives its number from 1; a full stop may follow those.
bool take_name(std::string_view text, std::size_t& at, std::span<const std::string_view> names, int& number) {
  std::string word;
  std::size_t end = at;
  while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end]))) word += lower(text[end++]);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool is_short = word == names[i].substr(0, 3) || (word == "sept" && names[i] == "september");
    if (word != names[i] && !is_short) continue;
    at = end + (is_short && end < text.size() && text[end] == '.' ? 1 : 0);
    number = static_cast<int>(i) + 1;
    return true;
  }
  return false;
}

/// What a format's letters have said so far.
struct Fields {
  CivilTime time;
  int day_of_year = 0;
  bool is_half_day = false, is_afternoon = false;
  std::optional<std::int64_t> unix_seconds{};
};

bool take_letter(char letter, std::string_view text, std::size_t& at, Fields& fields) {
  CivilTime& time = fields.time;
  int ignored = 0;
  switch (letter) {
    case 'Y':
      return take_number(text, at, 4, 4, time.year);
    case 'y':
      if (!take_number(text, at, 2, 2, time.year)) return false;
      time.year += time.year < 69 ? 2000 : 1900;  // as POSIX has it
      return true;
    case 'm':
      return take_number(text, at, 1, 2, time.month);
    case 'b':
    case 'B':
      return take_name(text, at, kMonths, time.month);
    case 'd':
    case 'e':
      return take_number(text, at, 1, 2, time.day);
    case 'j':
      return take_number(text, at, 1, 3, fields.day_of_year) && fields.day_of_year > 0;
    case 'H':
      return take_number(text, at, 1, 2, time.hour);
    case 'I':
      fields.is_half_day = true;
      return take_number(text, at, 1, 2, time.hour) && time.hour >= 1 && time.hour <= 12;
    case 'M':
      return take_number(text, at, 1, 2, time.minute);
    case 'S':
      return take_number(text, at, 1, 2, time.second);
    case 'f':
      return take_number(text, at, 1, 9, ignored);
    case 'p': {
      const std::string_view word = text.substr(at, 2);
      if (word.size() < 2 || lower(word[1]) != 'm' || (lower(word[0]) != 'a' && lower(word[0]) != 'p'))
        return false;
      fields.is_afternoon = lower(word[0]) == 'p';
      at += 2;
      return true;
    }
    case 'z':
      return take_zone(text, at, time.zone_minutes);
    case 'a':
    case 'A':
      return take_name(text, at, kDays, ignored);
    case 's': {
      const std::size_t end = std::min(text.find_first_not_of("0123456789", at), text.size());
      fields.unix_seconds = to_number<std::int64_t>(text.substr(at, end - at));
      at = end;
      return fields.unix_seconds.has_value();
    }
    default:
      return false;
  }
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

std::optional<std::int64_t> CivilTime::unix_seconds() const {
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t days = sys_days(date).time_since_epoch().count();
  return days * 86'400 + hour * 3600 + (minute - zone_minutes) * 60 + second;
}

bool take_number(std::string_view text, std::size_t& at, std::size_t least, std::size_t most, int& value) {
  std::size_t end = at;
  int number = 0;
  while (end < text.size() && end < at + most && text[end] >= '0' && text[end] <= '9')
    number = number * 10 + (text[end++] - '0');
  if (end < at + least) return false;
  value = number;
  at = end;
  return true;
}

bool take_zone(std::string_view text, std::size_t& at, int& minutes) {
  const std::string_view rest = text.substr(at);
  for (const std::string_view name : {"Z", "z", "UTC", "GMT"})
    if (rest.starts_with(name)) {
      at += name.size();
      minutes = 0;
      return true;
    }
  if (rest.empty() || (rest[0] != '+' && rest[0] != '-')) return false;
  std::size_t end = at + 1;
  int hours = 0, rest_minutes = 0;
  if (!take_number(text, end, 2, 2, hours)) return false;
  std::size_t after = end;
  if (after < text.size() && text[after] == ':') ++after;
  if (take_number(text, after, 2, 2, rest_minutes)) end = after;
  if (hours > 14 || rest_minutes > 59) return false;
  minutes = (hours * 60 + rest_minutes) * (rest[0] == '-' ? -1 : 1);
  at = end;
  return true;
}

TimeFormat::TimeFormat(std::string_view format) {
  std::string letters;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      format_ += format[i];
      continue;
    }
    const char letter = ++i < format.size() ? format[i] : '\0';
    if (letter == '\0' || kLetters.find(letter) == std::string_view::npos)
      throw Error(
          ErrorKind::usage,
          fmt::format("‹time-format› {}: '{}' is not known", shown(format), shown(format.substr(i - 1, 2))),
          "known are %Y %y %m %b %B %d %e %j %H %I %M %S %f %p %z %a %A %s %F %T %%",
          "‹time-format› '%d/%m/%Y %H:%M'");
    letters += letter == 'F' ? "Ymd" : letter == 'T' ? "HMS" : std::string(1, letter);
    format_ += letter == 'F' ? "%Y-%m-%d" : letter == 'T' ? "%H:%M:%S" : std::string{'%', letter};
  }
  const auto has = [&](std::string_view any) { return letters.find_first_of(any) != std::string::npos; };
  if (!has("s") && !(has("Yy") && (has("j") || (has("mbB") && has("de")))))
    throw Error(ErrorKind::usage, fmt::format("‹time-format› {}: no day follows from it", shown(format)),
                "it needs a year, a month and a day: %Y %m %d, %Y %j, or %s",
                "‹time-format› '%d/%m/%Y %H:%M'");
  if (has("I") && !has("p"))
    throw Error(ErrorKind::usage, fmt::format("‹time-format› {}: %I needs %p", shown(format)),
                "without it nobody knows the morning from the evening", "%H is an hour from 0 to 23");
  is_days_ = !has("sHI");
}

std::optional<std::int64_t> TimeFormat::read(std::string_view text) const {
  text = trim(text);
  Fields fields;
  std::size_t at = 0;
  for (std::size_t i = 0; i < format_.size(); ++i) {
    const char c = format_[i];
    if (is_blank(c)) {
      const std::size_t before = at;
      while (at < text.size() && is_blank(text[at])) ++at;
      const bool is_repeated = i > 0 && is_blank(format_[i - 1]);
      if (at == before && !is_repeated) return std::nullopt;
    } else if (c != '%' || format_[i + 1] == '%') {
      if (at == text.size() || text[at] != c) return std::nullopt;
      ++at;
      i += c == '%';
    } else if (!take_letter(format_[++i], text, at, fields)) {
      return std::nullopt;
    }
  }
  if (at != text.size()) return std::nullopt;
  if (fields.unix_seconds) return fields.unix_seconds;
  if (fields.is_half_day) fields.time.hour = fields.time.hour % 12 + (fields.is_afternoon ? 12 : 0);
  if (fields.day_of_year == 0) return fields.time.unix_seconds();
  const bool is_leap = std::chrono::year(fields.time.year).is_leap();
  if (fields.day_of_year > (is_leap ? 366 : 365)) return std::nullopt;
  const auto first = fields.time.unix_seconds();
  return first ? std::optional(*first + (fields.day_of_year - 1) * std::int64_t{86'400}) : std::nullopt;
}

}  // namespace movrec
