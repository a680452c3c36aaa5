#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace movrec {

/// Something about a file that a person should know.
struct Suspicion {
  bool is_refused = false;  ///< it would silently ruin a result, so that nothing is trained on it
  std::string what, why{}, remedy{};
};

/// What was found while ratings were read.
struct DataNotes {
  std::vector<std::string> understood;  ///< of each file: columns, scale, how many ratings
  std::vector<Suspicion> suspicions;
  std::size_t n_bad_lines = 0;
  std::vector<std::string> bad_lines;  ///< the first of them
};

}  // namespace movrec
