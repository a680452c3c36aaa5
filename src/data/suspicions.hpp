#pragma once

#include <string>
#include <vector>

#include "data/ratings_reader.hpp"

namespace movrec {

/// One or two lines about what was understood of the files, for people.
std::string understood(const ReadReport&, const RawRatings&);

struct CheckOptions {
  bool accepts_all_values = false;  ///< --missing said what is no rating
  bool leaves_out = false;  ///< --skip-bad-lines: what seems to stand for "not rated" is left out and counted
};

/// Looks for what would silently ruin a result. Error{data} with the remedy where most such files are read wrongly: a
/// value far from all others that many ratings have, ratings that look like days, times, ids or counts, ids spelt in two
/// ways. What may be right is logged as a warning: all ratings equal, times before 1970 or after tomorrow.
void check_ratings(ReadReport&, RawRatings&, CheckOptions);

}  // namespace movrec
