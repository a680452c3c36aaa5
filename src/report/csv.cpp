#include "movrec/report/csv.hpp"

#include <utility>

namespace movrec {

std::string csv_line(std::initializer_list<std::string_view> fields) {
  std::string line;
  std::string_view comma;
  for (std::string_view field : fields) {
    line += std::exchange(comma, ",");
    if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
      line += field;
      continue;
    }
    line += '"';
    for (char c : field) line.append(c == '"' ? 2 : 1, c);
    line += '"';
  }
  return line + "\n";
}

}  // namespace movrec
