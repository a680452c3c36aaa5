#include "movrec/report/table.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "movrec/core/shown.hpp"
#include "movrec/core/utf8.hpp"

namespace movrec {
namespace {

constexpr std::size_t kMostOfCell = 1000;

struct CodePoints {
  char32_t first, last;
};

// The ranges of Markus Kuhn's wcwidth (https://www.cl.cam.ac.uk/~mgk25/ucs/wcwidth.c), with emoji; those of
// the C library depend on the locale.
constexpr std::array kWide{
    CodePoints{0x1100, 0x115F},   CodePoints{0x2E80, 0x303E},  CodePoints{0x3041, 0xA4CF},
    CodePoints{0xAC00, 0xD7A3},   CodePoints{0xF900, 0xFAFF},  CodePoints{0xFE30, 0xFE6F},
    CodePoints{0xFF00, 0xFF60},   CodePoints{0xFFE0, 0xFFE6},  CodePoints{0x1F300, 0x1F64F},
    CodePoints{0x1F900, 0x1F9FF}, CodePoints{0x20000, 0x3FFFD}};
constexpr std::array kCombining{CodePoints{0x0300, 0x036F}, CodePoints{0x1AB0, 0x1AFF},
                                CodePoints{0x1DC0, 0x1DFF}, CodePoints{0x200B, 0x200F},
                                CodePoints{0x20D0, 0x20FF}, CodePoints{0xFE00, 0xFE0F},
                                CodePoints{0xFE20, 0xFE2F}, CodePoints{0xFEFF, 0xFEFF}};

template <std::size_t n>
bool contains(const std::array<CodePoints, n>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const CodePoints& range) { return range.first <= c && c <= range.last; });
}

}  // namespace

int display_width(std::string_view utf8) {
  int width = 0;
  while (!utf8.empty()) {
    const char32_t c = take_code_point(utf8);
    width += contains(kCombining, c) ? 0 : contains(kWide, c) ? 2 : 1;
  }
  return width;
}

void Table::add_row(std::vector<std::string> cells) {
  for (std::string& cell : cells) {
    std::replace_if(
        cell.begin(), cell.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; },
        ' ');
    cell = shown(cell, kMostOfCell);
  }
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<int> widths;
  for (std::size_t k = 0; k < columns_.size(); ++k) {
    widths.push_back(display_width(columns_[k].heading));
    for (const auto& row : rows_) widths[k] = std::max(widths[k], display_width(row[k]));
  }
  std::string text;
  const auto add_line = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t k = 0; k < columns_.size(); ++k) {
      const std::string& cell = cell_of(k);
      const std::string padding(static_cast<std::size_t>(widths[k] - display_width(cell)), ' ');
      line += "  " + (columns_[k].align == Align::right ? padding + cell : cell + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  add_line([&](std::size_t k) -> const std::string& { return columns_[k].heading; });
  for (const auto& row : rows_) add_line([&](std::size_t k) -> const std::string& { return row[k]; });
  return text;
}

}  // namespace movrec
