#pragma once

#include <string>
#include <vector>

#include "data/ratings_reader.hpp"
#include "movrec/data/data_notes.hpp"

namespace movrec {

/// One or two lines about what was understood of the files, for people.
std::string understood(const ReadReport&, const RawRatings&);

struct CheckOptions {
  bool accepts_all_values = false;  ///< --missing said what is no rating
  bool leaves_out = false;  ///< --skip-bad-lines: what seems to stand for "not rated" is left out and counted
};

/// What would silently ruin a result, as most such files are read wrongly: a value far from all others that many ratings
/// have, ratings that look like days, times, ids or counts, ids spelt in two ways. And, not refused, what may be right: all
/// ratings equal, times before 1970 or after tomorrow. Rows that `leaves_out` means are taken out.
std::vector<Suspicion> suspicions_of(ReadReport&, RawRatings&, CheckOptions);

/// Error{data} for the first of them that is refused; the others are logged.
void check_ratings(const std::vector<Suspicion>&);

}  // namespace movrec
