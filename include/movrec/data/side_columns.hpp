#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "movrec/data/catalog.hpp"

namespace movrec {

/// Ranges of numbers, by the least of each, ascending.
struct Bins {
  std::vector<float> starts;

  std::size_t size() const { return starts.size(); }
  /// The bin of a number, that of the least where it is still less; -1 of NaN.
  std::int32_t of(float number) const;
};

/// One bin for each of few different numbers, else ten of about as many each: fewer where one number fills several, for
/// equal numbers are never parted. NaN is in none.
Bins bins_of(std::span<const float> numbers);

/// The column as one of categories: of numbers, their bins.
SideColumn in_categories(const SideColumn&);

/// Whether something is said of k.
bool is_known(const SideColumn&, std::size_t k);
bool knows_any(const SideColumn&);

/// What was made of a column.
struct ColumnSummary {
  std::string name;
  std::int64_t known = 0;                                   ///< of how many it says something
  float min = 0, max = 0;                                   ///< of numbers
  std::vector<std::pair<float, std::int64_t>> bins;         ///< of numbers: the least of each, and how many
  std::int64_t n_categories = 0;                            ///< 0: numbers
  std::vector<std::pair<std::string, std::int64_t>> often;  ///< the most frequent categories, at most ten

  bool is_number() const { return n_categories == 0; }
};
ColumnSummary summary_of(const SideColumn&);

}  // namespace movrec
