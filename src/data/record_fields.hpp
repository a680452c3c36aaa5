#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace movrec {

/// A quoted field runs over so many lines at most.
inline constexpr int kMostLinesOfRecord = 50;

/// Fields as they stand between separators ("::" or one character; a blank stands for any number of blanks and tabs),
/// without a look at quotes: at most fields.size(), and how many there are (one more than fit is the limit).
std::size_t split_fields(std::string_view line,
                         std::string_view separator,
                         std::span<std::string_view> fields);

/// The record at the beginning of `text`, which may go over several lines, after RFC 4180: its fields with their quotes,
/// and its length without the line's end. nullopt where a mark does not close.
std::optional<std::size_t> split_record(std::string_view text,
                                        char separator,
                                        std::vector<std::string_view>& fields);

/// Fields of one line, of which quotes are not taken off; a separator within quotes does not count.
std::vector<std::string_view> cut(std::string_view line, std::string_view separator);

/// A field as it is meant: without blanks around it, without quotes, doubled quotes as one.
std::string unquoted(std::string_view field);

}  // namespace movrec
