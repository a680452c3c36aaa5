#include "movrec/core/error.hpp"

#include <algorithm>
#include <numeric>
#include <system_error>
#include <vector>

#include "movrec/core/shown.hpp"

namespace movrec {

Error::Error(ErrorKind kind, std::string what, std::string why, std::string remedy)
    : std::runtime_error(what),
      kind_(kind),
      message_(shown_message(what)),
      why_(shown_message(why)),
      remedy_(shown_message(remedy)) {}

void Error::add_context(std::string_view context) {
  message_ = shown_message(fmt::format("{}: {}", context, message_));
}

std::string errno_text(int code) {
  return std::generic_category().message(code);
}

void fail_unknown(std::string_view what,
                  std::string_view name,
                  const std::string& known,
                  std::string_view closest) {
  throw Error(ErrorKind::usage, fmt::format("unknown {} '{}' (known: {})", what, shown(name), known), {},
              closest.empty() ? std::string{} : std::string(closest));
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Nobody has misspelt a word of so many letters, and comparing takes the product of both lengths.
  constexpr std::size_t kMostLetters = 1000;
  if (const std::size_t longer = std::max(a.size(), b.size()); longer > kMostLetters)
    return a == b ? 0 : longer;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replace, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace movrec
