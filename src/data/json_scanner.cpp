#include "data/json_scanner.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "movrec/core/utf8.hpp"

namespace movrec {
namespace {

constexpr int kMostDepth = 64;

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_number(std::string_view text) {
  std::size_t at = 0;
  const auto take = [&](char c) { return at < text.size() && text[at] == c && ++at > 0; };
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at > begin;
  };
  take('-');
  if (!digits()) return false;
  if (take('.') && !digits()) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    if (!digits()) return false;
  }
  return at == text.size();
}

bool is_word(std::string_view text) {
  constexpr std::array<std::string_view, 9> kWords = {"true", "false", "null",     "True",     "False",
                                                      "None", "NaN",   "Infinity", "-Infinity"};
  return std::ranges::find(kWords, text) != kWords.end();
}

/// As many hexadecimal digits.
bool take_hex(std::string_view text, std::size_t& at, std::size_t n, char32_t& value) {
  if (text.size() < at + n) return false;
  std::uint32_t number = 0;
  const char* const end = text.data() + at + n;
  const auto [stop, error] = std::from_chars(text.data() + at, end, number, 16);
  if (error != std::errc{} || stop != end) return false;
  value = number;
  at += n;
  return true;
}

bool is_lead(char32_t c) {
  return c >= 0xD800 && c < 0xDC00;
}
bool is_trail(char32_t c) {
  return c >= 0xDC00 && c < 0xE000;
}

/// The code point of an escape's digits, whose letter was taken.
bool take_code(char letter, std::string_view text, std::size_t& at, char32_t& c) {
  const std::size_t n = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
  if (!take_hex(text, at, n, c)) return false;
  if (is_lead(c) && text.substr(at).starts_with("\\u")) {
    char32_t trail = 0;
    std::size_t after = at + 2;
    if (!take_hex(text, after, 4, trail) || !is_trail(trail)) return false;
    c = 0x10000 + ((c - 0xD800) << 10U) + (trail - 0xDC00);
    at = after;
  }
  return c != 0 && c < 0x110000 && !is_lead(c) && !is_trail(c);
}

}  // namespace

bool JsonScanner::fail(std::string_view fault) {
  fault_ = fault;
  return false;
}

bool JsonScanner::fail_cut() {
  is_cut_ = true;
  return fail("an object that is closed");
}

void JsonScanner::pass_blanks() {
  while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
}

bool JsonScanner::wants(char c, std::string_view fault) {
  pass_blanks();
  if (at_ == text_.size()) return fail_cut();
  if (text_[at_] != c) return fail(fault);
  ++at_;
  return true;
}

bool JsonScanner::open_object() {
  has_members_ = is_closed_ = false;
  return wants('{', "an object in braces");
}

bool JsonScanner::next_member(Value& key, Value& value) {
  pass_blanks();
  if (at_ == text_.size()) return fail_cut();
  if (text_[at_] == '}') {
    ++at_;
    return is_closed_ = true;
  }
  if (has_members_ && !wants(',', "',' or '}' after a value")) return false;
  has_members_ = true;
  pass_blanks();
  if (at_ == text_.size()) return fail_cut();
  return take_string(key) && wants(':', "':' after a key") && take_value(value);
}

bool JsonScanner::take_value(Value& value) {
  pass_blanks();
  if (at_ == text_.size()) return fail_cut();
  switch (text_[at_]) {
    case '{':
    case '[':
    case '(':
      return take_nested(value);
    case '"':
    case '\'':
      return take_string(value);
    case 'u':
      if (at_ + 1 < text_.size() && (text_[at_ + 1] == '\'' || text_[at_ + 1] == '"'))
        return take_string(value);
      [[fallthrough]];
    default:
      return take_scalar(value);
  }
}

bool JsonScanner::take_string(Value& value) {
  if (text_[at_] == 'u' && at_ + 1 < text_.size()) ++at_;  // Python 2 marks text so
  const char quote = text_[at_];
  if (quote != '"' && quote != '\'') return fail("a string in quotes");
  is_python_ |= quote == '\'';
  const std::size_t begin = ++at_;
  std::size_t end = begin;
  while (true) {
    end = text_.find(quote, end);
    if (end == std::string_view::npos) return fail_cut();
    std::size_t slash = end;
    while (slash > begin && text_[slash - 1] == '\\') --slash;
    if ((end - slash) % 2 == 0) break;
    ++end;
  }
  value.text = text_.substr(begin, end - begin);
  value.is_string = true;
  value.has_escapes = value.text.find('\\') != std::string_view::npos;
  at_ = end + 1;
  return value.text.find('\n') == std::string_view::npos || fail("a string that is closed on its line");
}

/// An array or object that nobody asked to look into, as a whole.
bool JsonScanner::take_nested(Value& value) {
  std::array<char, kMostDepth> closing{};
  int depth = 0;
  const std::size_t begin = at_;
  do {
    const std::size_t next = text_.find_first_of("\"'{}[]()", at_);
    if (next == std::string_view::npos) return fail_cut();
    at_ = next;
    const char c = text_[at_];
    if (c == '"' || c == '\'') {
      Value ignored;
      if (!take_string(ignored)) return false;
      continue;
    }
    ++at_;
    if (c == '{' || c == '[' || c == '(') {
      if (depth == kMostDepth) return fail("values nested at most 64 deep");
      closing[static_cast<std::size_t>(depth++)] = c == '{' ? '}' : c == '[' ? ']' : ')';
    } else if (closing[static_cast<std::size_t>(--depth)] != c) {
      return fail("brackets that match");
    }
  } while (depth > 0);
  value = {text_.substr(begin, at_ - begin)};
  return true;
}

bool JsonScanner::take_scalar(Value& value) {
  const std::size_t begin = at_;
  while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}' && !is_blank(text_[at_])) ++at_;
  value = {text_.substr(begin, at_ - begin)};
  if (at_ == text_.size()) return fail_cut();
  return is_number(value.text) || is_word(value.text) || fail("a string, a number, true, false or null");
}

bool unescape_json(std::string_view spelt, std::string& text) {
  text.clear();
  for (std::size_t at = 0; at < spelt.size();) {
    const std::size_t slash = std::min(spelt.find('\\', at), spelt.size());
    text += spelt.substr(at, slash - at);
    if (slash == spelt.size()) break;
    if (slash + 1 == spelt.size()) return false;
    const char letter = spelt[slash + 1];
    at = slash + 2;
    constexpr std::string_view kLetters = "\"\\/'bfnrt", kMeant = "\"\\/'\b\f\n\r\t";
    const std::size_t known = kLetters.find(letter);
    if (known != std::string_view::npos) {
      text += kMeant[known];
      continue;
    }
    char32_t c = 0;
    if ((letter != 'u' && letter != 'x' && letter != 'U') || !take_code(letter, spelt, at, c)) return false;
    append_code_point(text, c);
  }
  return true;
}

}  // namespace movrec
