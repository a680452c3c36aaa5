#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace movrec {

/// Whether all of it is valid UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

/// Foreign text (a title, a value, a line of a file) as it may stand in a message: at most `most` bytes of it and "…",
/// on one line, with control characters and what is no UTF-8 as "\x1b".
std::string shown(std::string_view text, std::size_t most = 80);
/// As many bytes of a path are shown: enough for any that a person would type.
inline constexpr std::size_t kMostOfPath = 300;

/// A whole message, fit for a terminal and a log: line ends and tabs, of which layout is made, stay; other control
/// characters and what is no UTF-8 are escaped, and of more than 4,000 bytes the rest is left out.
std::string shown_message(std::string_view text);

}  // namespace movrec
