#pragma once

#include <string>
#include <vector>

#include "data/ratings_reader.hpp"

namespace movrec {

/// One or two lines about what was understood of the files, for people.
std::string understood(const ReadReport&, const RawRatings&);

/// Looks for what would silently ruin a result. Error{data} with the remedy where most such files are read wrongly: a
/// value far from all others that many ratings have, ratings that look like ids, days or times. What may be right is
/// logged as a warning: all ratings equal, times before 1970 or after tomorrow. `is_accepted`: --missing was given, so
/// that all other values are meant.
void check_ratings(const ReadReport&, const RawRatings&, bool is_accepted);

}  // namespace movrec
