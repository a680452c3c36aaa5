#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace movrec {

/// Unix seconds of "2000-12-31" (its first second, UTC) or of a text of seconds; none for anything else, a year alone
/// among it.
std::optional<std::int64_t> parse_date(std::string_view text);

/// The same of an option's text. Error{usage} names the option and what it takes.
std::int64_t date_of_option(std::string_view name, const std::string& text);

/// "2000-12-31", UTC.
std::string day_text(std::int64_t unix_seconds);

}  // namespace movrec
