#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "movrec/core/byte_source.hpp"

namespace movrec {

inline constexpr std::string_view kUtf8Bom = "\xEF\xBB\xBF";

enum class Utf16 { none, little_endian, big_endian };

/// Whether a file that begins with `head` is UTF-16: by its byte order mark or, without one, by where its NULs stand.
Utf16 utf16_of(std::string_view head);

/// UTF-8, without a byte order mark, of what `bytes` yields. Reading is Error{data} at half a character.
std::unique_ptr<ByteSource> utf8_of_utf16(std::unique_ptr<ByteSource> bytes, Utf16 order, std::string file);

/// Appends UTF-8 of text in Windows-1252, of which latin-1 is a part.
void append_windows_1252(std::string& text, std::string_view bytes);

/// What a text holds of which a reader must take care; tens of gigabytes a second.
struct ByteKinds {
  bool has_nul = false, has_cr = false, has_non_ascii = false;
};
ByteKinds byte_kinds(std::string_view text);

/// How many '\n' there are.
std::size_t count_line_feeds(std::string_view text);

}  // namespace movrec
