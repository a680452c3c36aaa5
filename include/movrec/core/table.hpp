#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "movrec/core/error.hpp"

namespace movrec {

/// The names of a table's rows: what an option that chooses one allows.
template <class Table>
std::vector<std::string_view> names_of(const Table& table) {
  std::vector<std::string_view> names;
  for (const auto& row : table) names.push_back(row.name);
  return names;
}

/// The row of a table (of algorithms, data sets, optimizers, …) with that name; Error{usage} lists the known ones.
template <class Table>
const auto& find_row(const Table& table, std::string_view what, std::string_view name) {
  for (const auto& row : table)
    if (row.name == name) return row;
  const std::vector<std::string_view> names = names_of(table);
  std::string known;
  for (std::string_view other : names) known += (known.empty() ? "" : ", ") + std::string(other);
  fail_unknown(what, name, known, closest_of(name, names));
}

}  // namespace movrec
