#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace movrec {

/// What becomes of lines that cannot be parsed: the first one is an Error, or all are counted and left out.
class BadLines {
 public:
  explicit BadLines(bool skip) : skip_(skip) {}
  /// Error{data} "FILE:LINE: expected EXPECTED, found 'LINE'", unless bad lines are skipped.
  void reject(std::string_view file,
              std::size_t line_number,
              std::string_view expected,
              std::string_view found);
  /// Lines that were left out for other reasons, which have been said.
  void add(std::size_t n) { n_others_ += n; }
  std::size_t count() const { return count_ + n_others_; }
  /// Lines that could not be parsed, and the first of them as an error would say it.
  std::size_t n_unparsed() const { return count_; }
  const std::vector<std::string>& examples() const { return examples_; }
  /// Logs how many lines were left out, if any were.
  void report() const;

 private:
  bool skip_;
  std::size_t count_ = 0, n_others_ = 0;
  std::vector<std::string> examples_;
};

/// The text without a UTF-8 byte order mark.
std::string_view without_bom(std::string_view text);

/// UTF-8 of a whole file's bytes: as they are if they are valid UTF-8, else read as Windows-1252. No BOM.
std::string to_utf8(std::string_view bytes);

/// Without blanks, tabs and carriage returns around it.
std::string_view trim(std::string_view text);

/// ASCII letters in lower case.
std::string lower(std::string_view text);

/// The parts between separators (at least one).
std::vector<std::string_view> split(std::string_view text, std::string_view separator);

/// The whole of `text` as a decimal integer, without sign or blanks around it.
template <class Number>
std::optional<Number> to_number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

/// A whole number from 0 to 2147483647.
inline std::optional<std::int32_t> to_id(std::string_view text) {
  const auto value = to_number<std::int32_t>(text);
  return value && *value >= 0 ? value : std::nullopt;
}

/// The lines of a text with their numbers from 1; CRLF and LF end a line, blank lines are passed over.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  bool next(std::string_view& line) {
    while (!rest_.empty()) {
      ++number_;
      const std::size_t end = rest_.find('\n');
      line = rest_.substr(0, end);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      if (!line.empty()) return true;
    }
    return false;
  }
  std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

/// Records of comma-separated values (RFC 4180): quoted fields may hold separators, line ends and doubled
/// quotes.
class CsvRecords {
 public:
  CsvRecords(std::string_view text, char separator) : rest_(text), separator_(separator) {}
  /// The next record that is not blank. False at the end of the text.
  bool next(std::vector<std::string>& fields);
  /// The line that the record begins on, from 1.
  std::size_t number() const { return number_; }
  /// The record as it stands in the text.
  std::string_view record() const { return record_; }
  /// The text ended inside a quoted field of this record.
  bool unterminated() const { return unterminated_; }

 private:
  std::string_view rest_, record_;
  char separator_;
  std::size_t number_ = 0, next_number_ = 1;
  bool unterminated_ = false;
};

}  // namespace movrec
