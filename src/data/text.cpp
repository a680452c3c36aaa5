#include "data/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "data/encodings.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {

void BadLines::reject(std::string_view file,
                      std::size_t line_number,
                      std::string_view expected,
                      std::string_view found) {
  const std::string what =
      fmt::format("{}:{}: expected {}, found '{}'", file, line_number, expected, shown(found));
  if (!skip_)
    throw Error(ErrorKind::data, what, {}, "correct the line, or leave out such lines with ‹skip-bad-lines›");
  constexpr std::size_t kExamples = 5;
  if (count_++ < kExamples) examples_.push_back(what);
}

void BadLines::report() const {
  if (count_ > 0)
    log_warning("left out {} bad line{}; the first: {}", format_count(static_cast<std::int64_t>(count_)),
                count_ == 1 ? "" : "s", examples_.front());
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lowered;
}

std::string_view without_bom(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

std::string to_utf8(std::string_view bytes) {
  bytes = without_bom(bytes);
  if (is_utf8(bytes)) return std::string(bytes);
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 16);
  append_windows_1252(text, bytes);
  return text;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + separator.size());
  }
}

bool CsvRecords::next(std::vector<std::string>& fields) {
  while (!rest_.empty()) {
    fields.assign(1, {});
    number_ = next_number_;
    bool quoted = false;
    std::size_t i = 0;
    for (; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == '\n') ++next_number_;
      if (quoted) {
        if (c != '"') {
          fields.back() += c;
        } else if (i + 1 < rest_.size() && rest_[i + 1] == '"') {
          fields.back() += rest_[++i];
        } else {
          quoted = false;
        }
      } else if (c == '"' && fields.back().empty()) {
        quoted = true;
      } else if (c == separator_) {
        fields.emplace_back();
      } else if (c == '\n') {
        break;
      } else {
        fields.back() += c;
      }
    }
    unterminated_ = quoted;
    record_ = rest_.substr(0, i);
    rest_.remove_prefix(std::min(i + 1, rest_.size()));
    if (!record_.empty() && record_.back() == '\r') record_.remove_suffix(1);
    if (!fields.back().empty() && fields.back().back() == '\r') fields.back().pop_back();
    if (!record_.empty()) return true;
  }
  return false;
}

}  // namespace movrec
