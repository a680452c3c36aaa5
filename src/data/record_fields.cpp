#include "data/record_fields.hpp"

#include <algorithm>

#include "data/text.hpp"

namespace movrec {
namespace {

/// The end of a quoted field that begins at `at` with a mark: behind its closing mark, which a separator or a line's end
/// follows. npos where it does not close within a few lines.
std::size_t end_of_quoted(std::string_view text, std::size_t at, char separator) {
  int n_lines = 1;
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\n' && ++n_lines > kMostLinesOfRecord) return std::string_view::npos;
    if (text[i] != '"') continue;
    if (i + 1 < text.size() && text[i + 1] == '"') {
      ++i;
      continue;
    }
    std::size_t after = i + 1;
    while (after < text.size() && text[after] == ' ') ++after;
    return after == text.size() || text[after] == '\n' || text[after] == separator ? after
                                                                                   : std::string_view::npos;
  }
  return std::string_view::npos;
}

}  // namespace

std::size_t split_fields(std::string_view line,
                         std::string_view separator,
                         std::span<std::string_view> fields) {
  std::size_t n = 0, begin = 0;
  const auto add = [&](std::size_t end) {
    if (n < fields.size()) fields[n] = line.substr(begin, end - begin);
    ++n;
  };
  if (separator == " ") {
    for (std::size_t at = line.find_first_not_of(" \t"); at != std::string_view::npos;) {
      const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
      begin = at;
      add(end);
      if (n > fields.size()) return n;
      at = line.find_first_not_of(" \t", end);
    }
    return n;
  }
  const std::size_t width = separator.size();
  for (std::size_t i = 0; i + width <= line.size();) {
    if (line[i] != separator[0] || (width == 2 && line[i + 1] != separator[1])) {
      ++i;
      continue;
    }
    add(i);
    if (n > fields.size()) return n;
    begin = i += width;
  }
  add(line.size());
  return n;
}

std::optional<std::size_t> split_record(std::string_view text,
                                        char separator,
                                        std::vector<std::string_view>& fields) {
  fields.clear();
  std::size_t begin = 0;
  while (true) {
    std::size_t at = begin;
    while (at < text.size() && text[at] == ' ') ++at;
    std::size_t end = at;
    if (at < text.size() && text[at] == '"') {
      end = end_of_quoted(text, at, separator);
      if (end == std::string_view::npos) return {};
    } else {
      while (end < text.size() && text[end] != separator && text[end] != '\n') ++end;
    }
    fields.push_back(text.substr(begin, end - begin));
    if (end == text.size() || text[end] == '\n') return end;
    begin = end + 1;
  }
}

std::vector<std::string_view> cut(std::string_view line, std::string_view separator) {
  std::vector<std::string_view> fields;
  if (separator == " ") {
    for (std::size_t at = line.find_first_not_of(" \t"); at != std::string_view::npos;) {
      const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
      fields.push_back(line.substr(at, end - at));
      at = line.find_first_not_of(" \t", end);
    }
    return fields;
  }
  if (separator.size() != 1 || separator == "\t" || line.find('"') == std::string_view::npos)
    return split(line, separator);
  std::size_t begin = 0;
  bool quoted = false, at_start = true;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && (at_start || quoted)) {
      quoted = !quoted;
    } else if (c == separator[0] && !quoted) {
      fields.push_back(line.substr(begin, i - begin));
      begin = i + 1;
      at_start = true;
      continue;
    }
    if (c != ' ') at_start = false;
  }
  fields.push_back(line.substr(begin));
  return fields;
}

std::string unquoted(std::string_view field) {
  field = trim(field);
  if (field.size() < 2 || field.front() != '"' || field.back() != '"') return std::string(field);
  std::string out;
  field = field.substr(1, field.size() - 2);
  for (std::size_t i = 0; i < field.size(); ++i) {
    out += field[i];
    if (field[i] == '"' && i + 1 < field.size() && field[i + 1] == '"') ++i;
  }
  return out;
}

}  // namespace movrec
