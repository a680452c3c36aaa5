#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace movrec {

/// Takes the first code point off `text`, which is not empty; a byte that starts none stands for itself.
char32_t take_code_point(std::string_view& text);
void append_code_point(std::string& text, char32_t);

/// The length of the UTF-8 sequence that `text`, which is not empty, begins with; 0 if it is not a valid one (RFC 3629).
std::size_t utf8_sequence_length(std::string_view text);
/// As many bytes at the front of `text` are whole, valid sequences; gigabytes a second where they are ASCII.
std::size_t valid_utf8_length(std::string_view text);

}  // namespace movrec
