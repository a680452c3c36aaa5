#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "data/json_scanner.hpp"
#include "data/text_blocks.hpp"

namespace movrec {

/// Whether a text that begins so holds objects of JSON: lines of them, or an array.
bool holds_json_objects(std::string_view beginning);

/// The keys of the first hundred objects, in the order in which they appear. Error{data} if the first is damaged.
std::vector<std::string> json_keys(const TextBlock& first, std::string_view file);

/// The values of some keys of each object: of JSON lines, of an array of objects, of objects one after the other however
/// they are broken into lines, and of the lines of Python dictionaries that older Amazon data has. Only what is asked for
/// is taken out; of the rest it is seen that quotes and brackets match.
///
///   while (blocks.next(block)) {
///     objects.begin(block);
///     while (objects.next()) …;
///     objects.end(blocks);
///   }
class JsonObjects {
 public:
  /// `first` is the first block of the text; `file` is for messages.
  JsonObjects(const TextBlock& first, std::vector<std::string> keys, std::string file);

  void begin(const TextBlock& block);
  /// The next object; false if the block holds no more whole ones. Error{data} by line at damage after which nobody can go
  /// on, which in JSON lines there is not.
  bool next();
  /// Has the object that the block's end cut in two come again. Error{data} if there is no more to come.
  void end(TextBlocks& blocks);

  /// Of the object: a value for each key, valid until the next call. Strings without quotes and escapes, all else as it is
  /// spelt; empty for null, NaN and what is missing.
  const std::vector<std::string_view>& values() const { return values_; }
  /// What is wrong with the line, which then has no values; "" if nothing is.
  std::string_view fault() const { return fault_; }
  /// The line it begins on, and its text.
  std::size_t number() const { return number_; }
  std::string_view text() const { return text_; }
  /// "JSON lines", "a JSON array", "JSON objects" or "Python dictionaries".
  std::string_view what() const { return what_; }

 private:
  bool take(JsonScanner& scanner);
  bool next_line();
  bool next_spanning();
  [[noreturn]] void fail_at(std::string_view fault) const;

  std::vector<std::string> keys_;
  std::string file_;
  std::string_view what_;
  bool is_lines_ = true;
  std::string_view rest_;  ///< of the block
  std::size_t line_ = 1;   ///< where rest_ begins
  bool is_open_ = false, is_array_ = false, has_objects_ = false,
       has_ended_ = false;  ///< where in an array it is
  std::vector<std::string_view> values_;
  std::vector<std::string> unescaped_;
  std::string_view fault_, text_;
  std::size_t number_ = 0;
};

}  // namespace movrec
