#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace movrec {

/// A day of the Gregorian calendar and a time of it, as they were written.
struct CivilTime {
  int year = 0, month = 1, day = 1;
  int hour = 0, minute = 0, second = 0;
  int zone_minutes = 0;  ///< that the clock is before UTC

  /// Seconds since 1970 UTC; nullopt if there is no such day or time. A leap second counts as the next second.
  std::optional<std::int64_t> unix_seconds() const;
};

/// Reads up to `most` digits at `at`, at least `least`, and steps over them. False, and nothing done, if there are fewer.
bool take_number(std::string_view text, std::size_t& at, std::size_t least, std::size_t most, int& value);

/// Reads "Z", "UTC", "GMT", "+02:00", "-0530" or "+02" at `at` and steps over it.
bool take_zone(std::string_view text, std::size_t& at, int& minutes);

/// How times are written, in the letters of strftime and without a locale: %Y %y %m %b %B %d %e %j %H %I %M %S %f %p %z %a
/// %A %s %F %T %%. Names are English, whole or of three letters; a blank stands for any number of them.
class TimeFormat {
 public:
  /// Error{usage} for an unknown letter, or where no day follows from the format.
  explicit TimeFormat(std::string_view format);
  const std::string& text() const { return format_; }
  /// Whether it knows days alone.
  bool is_days() const { return is_days_; }
  /// Seconds since 1970 UTC (a time without a zone is taken for UTC), or nullopt if the text is not written so.
  std::optional<std::int64_t> read(std::string_view text) const;

 private:
  std::string format_;
  bool is_days_;
};

}  // namespace movrec
