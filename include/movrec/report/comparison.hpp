#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "movrec/eval/bootstrap.hpp"

namespace movrec {

/// What one run did on the test rows.
struct ComparedRun {
  std::string label, checkpoint, algorithm;
  double rmse = 0, mae = 0;
  double error_correlation = 1;  ///< with the first run's errors
  RmseDifference against_first;
};

/// Runs on the same test rows.
struct Comparison {
  std::size_t rows = 0;
  int resamples = 0;
  std::string unit;  ///< what was resampled: rows, users
  std::uint64_t seed = 0;
  std::string caveat{};  ///< of the split
  std::vector<ComparedRun> runs;
};

/// The document of schema movrec.compare/1.
nlohmann::ordered_json comparison_json(const Comparison&);
/// The same for people.
std::string comparison_text(const Comparison&);

}  // namespace movrec
