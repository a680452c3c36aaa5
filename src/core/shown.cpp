#include "movrec/core/shown.hpp"

#include <fmt/format.h>

#include "movrec/core/utf8.hpp"

namespace movrec {
namespace {

constexpr std::size_t kMostOfMessage = 4000;

/// Terminals obey U+0080 to U+009F, too: U+009B begins a command as ESC [ does.
bool is_control(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  return lead < 0x20 || lead == 0x7F || (lead == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0);
}

std::string escaped(std::string_view text, std::size_t most, bool keeps_layout) {
  std::string out;
  std::string_view rest = text.substr(0, most);
  // Of a character that the limit cuts in two, nothing.
  for (std::size_t k = 0; k < 3 && rest.size() < text.size() && !rest.empty(); ++k)
    if ((static_cast<unsigned char>(text[rest.size()]) & 0xC0U) == 0x80) rest.remove_suffix(1);
  const std::size_t taken = rest.size();
  while (!rest.empty()) {
    const std::size_t length = utf8_sequence_length(rest);
    const std::string_view sequence = rest.substr(0, length == 0 ? 1 : length);
    rest.remove_prefix(sequence.size());
    if (keeps_layout && (sequence == "\n" || sequence == "\t")) {
      out += sequence;
    } else if (sequence == "\t") {
      out += "\\t";
    } else if (length == 0 || is_control(sequence)) {
      for (const char c : sequence) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += sequence;
    }
  }
  if (taken < text.size()) out += "…";
  return out;
}

}  // namespace

bool is_utf8(std::string_view text) {
  return valid_utf8_length(text) == text.size();
}

std::string shown(std::string_view text, std::size_t most) {
  return escaped(text, most, /*keeps_layout=*/false);
}

std::string shown_message(std::string_view text) {
  return escaped(text, kMostOfMessage, /*keeps_layout=*/true);
}

}  // namespace movrec
