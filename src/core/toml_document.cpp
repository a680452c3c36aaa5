#include "core/toml_document.hpp"

#include <fmt/format.h>

#include <cmath>

#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

constexpr int kMostDots = 200;     ///< of a line, outside strings: the parts of its keys
constexpr int kMostBrackets = 16;  ///< open at the same time
constexpr std::size_t kMostOfReason = 200;

/// Counts what makes a document deep, as far as it is valid TOML; the parser stops where it is not.
class DepthCheck {
 public:
  DepthCheck(std::string_view text, const std::string& file) : rest_(text), file_(file) {}

  void run() {
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      }
      if (c == '#') {
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
        continue;
      }
      count(c);
      rest_.remove_prefix(1);
    }
  }

 private:
  void count(char c) {
    if (c == '\n') {
      ++line_;
      dots_ = 0;
    }
    if (c == '.' && ++dots_ > kMostDots) refuse("too many dots");
    if ((c == '[' || c == '{') && ++brackets_ > kMostBrackets) refuse("brackets within too many brackets");
    if ((c == ']' || c == '}') && brackets_ > 0) --brackets_;
  }

  [[noreturn]] void refuse(std::string_view what) const {
    fail(ErrorKind::usage, "{}:{}: {}", file_, line_, what);
  }

  void skip_string(char quote) {
    const std::string three(3, quote);
    const bool is_long = rest_.starts_with(three);
    const std::string_view end = is_long ? std::string_view(three) : std::string_view(three).substr(0, 1);
    rest_.remove_prefix(end.size());
    while (!rest_.empty() && !rest_.starts_with(end)) {
      if (rest_.front() == '\n') {
        if (!is_long) return;  // no TOML: the parser ends here
        ++line_;
      }
      const bool escapes = quote == '"' && rest_.front() == '\\' && rest_.size() > 1 && rest_[1] != '\n';
      rest_.remove_prefix(escapes ? 2 : 1);
    }
    rest_.remove_prefix(std::min(end.size(), rest_.size()));
    while (is_long && rest_.starts_with(quote)) rest_.remove_prefix(1);  // up to two quotes may end the text
  }

  std::string_view rest_;
  const std::string& file_;
  int line_ = 1, dots_ = 0, brackets_ = 0;
};

}  // namespace

toml::table parse_toml(std::string_view text, const std::string& file) {
  if (text.size() > kMostOfConfig)
    fail(ErrorKind::usage, "{}: a configuration of over {} bytes", file, kMostOfConfig);
  DepthCheck(text, file).run();
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::usage, "{}:{}: {}", file, error.source().begin.line,
         shown(error.description(), kMostOfReason));
  }
}

nlohmann::json to_json(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* whole = node.as_integer()) return whole->get();
  if (const auto* number = node.as_floating_point()) {
    const double value = number->get();
    return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(fmt::format("{}", value));
  }
  if (const auto* array = node.as_array()) {
    auto list = nlohmann::json::array();
    for (const toml::node& element : *array) list.push_back(to_json(element));
    return list;
  }
  return nlohmann::json::object();
}

}  // namespace movrec
