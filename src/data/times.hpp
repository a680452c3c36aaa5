#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "data/time_format.hpp"

namespace movrec {

/// The year 2100 in seconds since 1970; what is beyond is no time of a rating.
inline constexpr std::int64_t kMostSeconds = 4'102'444'800;

/// Whether a value stands for none: a blank one, NULL, NA, N/A, NaN, None, or \N.
bool is_missing_value(std::string_view text);

/// Reads the times of one column, all of them written in one way, which a sample of them tells: numbers of seconds,
/// milliseconds, microseconds or nanoseconds since 1970, with fraction or exponent if need be; 20240501; ISO 8601;
/// "Mon May 01 12:30:00 +0000 2023", "May 1, 2023", "05 1, 2023", "1 May 2023" and their like.
class TimeReader {
 public:
  /// Of a column with these values; missing ones do not count, and without any they are seconds. A `format` (see TimeFormat)
  /// has the last word. Error{data} where they are written in no known way, in several, as years alone, or as 12/05/2023
  /// where none tells the day from the month; Error{usage} for a bad format. The caller adds file and column.
  static TimeReader of_sample(std::span<const std::string_view> values, std::string_view format = {});

  /// Seconds since 1970 UTC (what names no zone is taken for UTC; fractions go to the second before); nullopt for a value
  /// that is written otherwise, or whose size is that of another unit or beyond the year 2100.
  std::optional<std::int64_t> read(std::string_view text) const {
    // Nearly all files have them.
    if (!is_plain_seconds_ || text.empty() || text.size() > kSecondsDigits) return read_any(text);
    std::int64_t value = 0;
    for (const char c : text) {
      const auto digit = static_cast<unsigned char>(c - '0');
      if (digit > 9) return read_any(text);
      value = value * 10 + digit;
    }
    return value <= kMostSeconds ? std::optional(value) : std::nullopt;
  }
  /// In words: "seconds", "milliseconds", "dates", "ISO 8601", or the format.
  const std::string& what() const { return what_; }
  /// Whether they know days, not seconds; of numbers, whether all of the sample are midnights.
  bool is_days() const { return is_days_; }
  /// For messages: "a time in seconds since 1970", "a time like '2023-05-01'".
  const std::string& expected() const { return expected_; }

 private:
  enum class Kind { number, compact, iso, format };
  static constexpr std::size_t kSecondsDigits = 10;

  std::optional<std::int64_t> read_any(std::string_view text) const;
  static TimeReader of_format(std::string_view format, std::span<const std::string_view> sample);
  void set_unit(std::span<const std::string_view> sample);
  void set_kind(Kind kind, std::string what, std::string_view example);
  bool reads_all(std::span<const std::string_view> sample) const;
  void choose_format(std::span<const std::string_view> sample);

  Kind kind_ = Kind::number;
  bool is_plain_seconds_ = true, is_days_ = false;
  std::size_t unit_ = 0;  ///< of numbers: a row of the table of units
  std::optional<TimeFormat> format_{};
  std::string what_ = "seconds", expected_ = "a time in seconds since 1970";
};

/// What is odd about a time.
enum class OddTime { none, zero, before_1900, before_1970, after_tomorrow };
/// Times and `now` in seconds since 1970 UTC; 0 is what many write for "unknown".
OddTime oddness_of(std::int64_t time, std::int64_t now);

/// Whether a number is of the size of a time from 1990 to 2100 (in seconds, milliseconds, microseconds or nanoseconds) or
/// a date like 20240501: of a column that should hold ratings, the sign that it is another one.
bool looks_like_time(double value);

}  // namespace movrec
