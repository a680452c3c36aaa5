#include "movrec/core/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace movrec {

char32_t take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const std::size_t length = byte(0) < 0x80   ? 1
                             : byte(0) < 0xC0 ? 1
                             : byte(0) < 0xE0 ? 2
                             : byte(0) < 0xF0 ? 3
                                              : 4;
  char32_t c = byte(0);
  std::size_t taken = 1;
  if (length > 1 && length <= text.size()) {
    char32_t decoded = c & (0xFFU >> (length + 1));
    while (taken < length && (byte(taken) & 0xC0U) == 0x80U) decoded = decoded << 6 | (byte(taken++) & 0x3FU);
    if (taken == length)
      c = decoded;
    else
      taken = 1;
  }
  text.remove_prefix(taken);
  return c;
}

void append_code_point(std::string& text, char32_t c) {
  const auto add = [&](char32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    add(c);
  } else if (c < 0x800) {
    add(0xC0U | (c >> 6));
    add(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    add(0xE0U | (c >> 12));
    add(0x80U | ((c >> 6) & 0x3FU));
    add(0x80U | (c & 0x3FU));
  } else {
    add(0xF0U | (c >> 18));
    add(0x80U | ((c >> 12) & 0x3FU));
    add(0x80U | ((c >> 6) & 0x3FU));
    add(0x80U | (c & 0x3FU));
  }
}

std::size_t utf8_sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
  const bool beyond_unicode = lead == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond_unicode ? 0 : length;
}

std::size_t valid_utf8_length(std::string_view text) {
  constexpr std::size_t kWide = 32;
  std::size_t at = 0;
  while (at < text.size()) {
    while (at + kWide <= text.size()) {
      std::uint64_t words[kWide / 8];
      std::memcpy(words, text.data() + at, kWide);
      if (((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080U) != 0) break;
      at += kWide;
    }
    // What is not ASCII seldom comes alone.
    for (const std::size_t end = std::min(text.size(), at + kWide); at < end;) {
      const std::size_t length = utf8_sequence_length(text.substr(at));
      if (length == 0) return at;
      at += length;
    }
  }
  return at;
}

}  // namespace movrec
