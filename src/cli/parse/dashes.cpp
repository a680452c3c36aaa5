#include "cli/parse/dashes.hpp"

#include <cctype>

namespace movrec::cli {
namespace {

constexpr std::string_view kOpen = "‹", kClose = "›";

bool is_name(std::string_view text) {
  for (const char c : text)
    if (std::islower(static_cast<unsigned char>(c)) == 0 &&
        std::isdigit(static_cast<unsigned char>(c)) == 0 && c != '-')
      return false;
  return !text.empty();
}

}  // namespace

std::string with_dashes(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t open = text.find(kOpen);
    if (open == std::string_view::npos) return out.append(text);
    const std::size_t begin = open + kOpen.size(), close = text.find(kClose, begin);
    const std::string_view name = text.substr(begin, close == std::string_view::npos ? 0 : close - begin);
    if (is_name(name)) {
      out.append(text.substr(0, open)).append("--").append(name);
      text.remove_prefix(close + kClose.size());
    } else {
      out.append(text.substr(0, begin));
      text.remove_prefix(begin);
    }
  }
}

}  // namespace movrec::cli
