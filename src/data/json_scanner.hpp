#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace movrec {

/// Steps through JSON, or through Python's way to write the same, value by value, without a tree. After a step that
/// returned false `is_cut` tells whether more text might have mended it, and `fault` what is wrong.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : text_(text) {}

  struct Value {
    std::string_view text;  ///< as it is spelt, of a string without the quotes
    bool is_string = false;
    bool has_escapes = false;
    bool is_nothing() const { return !is_string && (text == "null" || text == "None" || text == "NaN"); }
  };

  /// Over "{"; then each key with its value, until `is_closed` after a true next_member: the object was closed instead.
  bool open_object();
  bool next_member(Value& key, Value& value);
  bool is_closed() const { return is_closed_; }

  std::size_t at() const { return at_; }
  bool is_cut() const { return is_cut_; }
  std::string_view fault() const { return fault_; }
  /// Whether a string stood in single quotes.
  bool is_python() const { return is_python_; }

 private:
  bool take_value(Value&);
  bool take_string(Value&);
  bool take_nested(Value&);
  bool take_scalar(Value&);
  bool wants(char c, std::string_view fault);
  void pass_blanks();
  bool fail(std::string_view fault);
  bool fail_cut();

  std::string_view text_;
  std::size_t at_ = 0;
  bool has_members_ = false, is_closed_ = false, is_cut_ = false, is_python_ = false;
  std::string_view fault_;
};

/// The string that is spelt so between its quotes. False at an escape that is none, half of a surrogate pair, or a NUL.
bool unescape_json(std::string_view spelt, std::string& text);

}  // namespace movrec
