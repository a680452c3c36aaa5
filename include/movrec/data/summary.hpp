#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "movrec/data/dataset.hpp"
#include "movrec/data/side_columns.hpp"

namespace movrec {

/// How a list of numbers spreads; quantiles are interpolated linearly, as numpy's.
struct Spread {
  double min = 0, q25 = 0, median = 0, q75 = 0, q90 = 0, max = 0, mean = 0;
};
/// Of at least one number.
Spread spread_of(std::vector<std::int32_t> numbers);

/// What a data set holds, in figures.
struct DataSummary {
  std::int64_t users = 0, items = 0, ratings = 0;
  double density = 0;  ///< ratings / (users · items); sparsity is 1 - density
  double mean = 0, standard_deviation = 0;
  /// Ratings by stars, ascending; by their floor where there are more than 20 different values.
  std::vector<std::pair<double, std::int64_t>> histogram;
  Spread per_user, per_item;                                   ///< ratings per user and per item
  std::optional<std::pair<std::int64_t, std::int64_t>> times;  ///< first and last, unix seconds
  std::int64_t duplicates = 0;  ///< ratings of a pair of user and item beyond its first, kept or not

  struct Rated {
    ItemIdx item{};
    std::int64_t ratings = 0;
    double mean = 0;
  };
  std::vector<Rated> most_rated;  ///< at most ten, by ratings, then by raw id

  struct Genre {
    std::string name;
    std::int64_t items = 0, ratings = 0;
    double mean = 0;
  };
  std::vector<Genre> genres;  ///< those that items have, by ratings

  /// Users by gender, age and occupation, most first (ages ascending); empty without demographics.
  std::vector<std::pair<std::string, std::int64_t>> genders, ages, occupations;

  std::vector<ColumnSummary> item_columns, user_columns;
};

DataSummary summarize(const Dataset&);

/// "1995-10-30 14:05:09" (UTC).
std::string format_time(std::int64_t unix_seconds);

}  // namespace movrec
