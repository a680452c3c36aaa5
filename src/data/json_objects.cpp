#include "data/json_objects.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "data/encodings.hpp"
#include "data/json_scanner.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::size_t kMostOfObject = TextBlocks::kMostOfLine;

std::string_view without_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(kBlanks), text.size()));
}

std::string_view first_line_of(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

/// Over a whole object; `use` gets each key and value.
template <class Use>
bool scan_object(JsonScanner& scanner, Use&& use) {
  if (!scanner.open_object()) return false;
  JsonScanner::Value key, value;
  while (scanner.next_member(key, value)) {
    if (scanner.is_closed()) return true;
    use(key, value);
  }
  return false;
}

/// Of a key, which hardly ever has escapes.
std::string spelt_out(const JsonScanner::Value& key) {
  std::string text;
  if (!key.has_escapes || !unescape_json(key.text, text)) text = key.text;
  return text;
}

std::string message_of(std::string_view file,
                       std::size_t line,
                       std::string_view expected,
                       std::string_view found) {
  return fmt::format("{}:{}: expected {}, found '{}'", shown(file, kMostOfPath), line, expected,
                     shown(found));
}

}  // namespace

bool holds_json_objects(std::string_view beginning) {
  std::string_view text = without_blanks(beginning);
  if (text.starts_with('[')) text = without_blanks(text.substr(1));
  if (!text.starts_with('{')) return false;
  text = without_blanks(text.substr(1));
  return text.empty() || std::string_view("\"'}u").find(text.front()) != std::string_view::npos;
}

std::vector<std::string> json_keys(const TextBlock& first, std::string_view file) {
  constexpr int kMostObjects = 100;
  std::vector<std::string> keys;
  std::string_view text = without_blanks(first.text);
  for (int i = 0; i < kMostObjects; ++i) {
    text = text.substr(std::min(text.find_first_not_of(i == 0 ? " \t\r\n[" : " \t\r\n,"), text.size()));
    if (!text.starts_with('{')) break;
    JsonScanner scanner(text);
    const bool is_whole = scan_object(scanner, [&](const JsonScanner::Value& key, const JsonScanner::Value&) {
      std::string name = spelt_out(key);
      if (std::ranges::find(keys, name) == keys.end()) keys.push_back(std::move(name));
    });
    if (!is_whole && i == 0)
      throw Error(ErrorKind::data, message_of(file, first.first_line, scanner.fault(), first_line_of(text)));
    if (!is_whole) break;
    text.remove_prefix(scanner.at());
  }
  return keys;
}

JsonObjects::JsonObjects(const TextBlock& first, std::vector<std::string> keys, std::string file)
    : keys_(std::move(keys)), file_(std::move(file)), values_(keys_.size()), unescaped_(keys_.size()) {
  const std::string_view text = without_blanks(first.text);
  JsonScanner scanner(first_line_of(text));
  is_lines_ = scan_object(scanner, [](const auto&, const auto&) {});
  what_ = scanner.is_python()     ? "Python dictionaries"
          : is_lines_             ? "JSON lines"
          : text.starts_with('[') ? "a JSON array"
                                  : "JSON objects";
}

void JsonObjects::begin(const TextBlock& block) {
  rest_ = block.text;
  line_ = block.first_line;
}

void JsonObjects::fail_at(std::string_view fault) const {
  throw Error(ErrorKind::data, message_of(file_, line_, fault, first_line_of(rest_)));
}

bool JsonObjects::next() {
  return is_lines_ ? next_line() : next_spanning();
}

bool JsonObjects::take(JsonScanner& scanner) {
  std::ranges::fill(values_, std::string_view{});
  fault_ = {};
  const bool is_whole =
      scan_object(scanner, [&](const JsonScanner::Value& key, const JsonScanner::Value& value) {
        for (std::size_t i = 0; i < keys_.size(); ++i) {
          if (key.text != keys_[i] && !(key.has_escapes && spelt_out(key) == keys_[i])) continue;
          values_[i] = value.is_nothing() ? std::string_view{} : value.text;
          if (!value.has_escapes) continue;
          if (!unescape_json(value.text, unescaped_[i])) fault_ = "a string whose escapes are known";
          values_[i] = unescaped_[i];
        }
      });
  if (!is_whole) fault_ = scanner.fault();
  return is_whole;
}

bool JsonObjects::next_line() {
  while (!rest_.empty()) {
    text_ = first_line_of(rest_);
    number_ = line_++;
    rest_.remove_prefix(std::min(text_.size() + 1, rest_.size()));
    if (without_blanks(text_).empty()) continue;
    JsonScanner scanner(text_);
    if (take(scanner) && !without_blanks(text_.substr(scanner.at())).empty()) fault_ = "one object a line";
    return true;
  }
  return false;
}

bool JsonObjects::next_spanning() {
  const auto pass = [&](std::size_t n) {
    line_ += count_line_feeds(rest_.substr(0, n));
    rest_.remove_prefix(n);
  };
  while (true) {
    pass(rest_.size() - without_blanks(rest_).size());
    if (rest_.empty()) return false;
    if (has_ended_) fail_at("nothing after the array");
    if (!is_open_ && rest_.front() == '[') {
      is_open_ = is_array_ = true;
    } else if (is_array_ && has_objects_ && rest_.front() == ',') {
      // Between two objects.
    } else if (is_array_ && rest_.front() == ']') {
      has_ended_ = true;
    } else {
      break;
    }
    pass(1);
  }
  is_open_ = has_objects_ = true;
  JsonScanner scanner(rest_);
  if (!take(scanner)) {
    if (!scanner.is_cut() || rest_.size() > kMostOfObject)
      fail_at(scanner.is_cut() ? "an object of less than 1 MiB" : scanner.fault());
    return false;
  }
  if (!fault_.empty()) fail_at(fault_);
  text_ = rest_.substr(0, scanner.at());
  number_ = line_;
  pass(scanner.at());
  return true;
}

void JsonObjects::end(TextBlocks& blocks) {
  const bool is_last = blocks.is_last();
  if (is_last && !rest_.empty()) fail_at("an object that is closed");
  if (is_last && is_array_ && !has_ended_)
    throw Error(ErrorKind::data,
                fmt::format("{} is cut short: its array is not closed", shown(file_, kMostOfPath)), {},
                "copy or download it again");
  if (!rest_.empty()) blocks.put_back(rest_.size());
}

}  // namespace movrec
