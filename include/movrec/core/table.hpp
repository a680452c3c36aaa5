#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "movrec/core/error.hpp"

namespace movrec {

/// The row of a table (of algorithms, data sets, optimizers, …) with that name; Error{usage} lists the known ones.
template <class Table>
const auto& find_row(const Table& table, std::string_view what, std::string_view name) {
  std::vector<std::string_view> names;
  std::string known;
  for (const auto& row : table) {
    if (row.name == name) return row;
    names.push_back(row.name);
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  fail_unknown(what, name, known, closest_of(name, names));
}

}  // namespace movrec
