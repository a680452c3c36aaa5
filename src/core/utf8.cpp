#include "movrec/core/utf8.hpp"

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

}  // namespace movrec
