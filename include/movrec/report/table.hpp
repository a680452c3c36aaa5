#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace movrec {

/// Columns that UTF-8 text takes on a terminal: 2 for East Asian wide characters, 0 for combining marks. A
/// byte that is not UTF-8 counts 1.
int display_width(std::string_view utf8);

/// Text in aligned columns, for people.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string heading;
    Align align = Align::left;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// As many cells as columns. Control characters become spaces: titles come from files.
  void add_row(std::vector<std::string> cells);
  /// Headings, then the rows, each line indented by two spaces and without spaces at its end.
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace movrec
