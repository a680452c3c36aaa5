#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "movrec/eval/rating_metrics.hpp"

namespace movrec {

/// Every error by name, and "rows"; null where nothing was measured.
nlohmann::ordered_json to_json(const RatingScores&);
/// The same, and those of the rows that are "warm", of "cold_user", of "cold_item" and, if any were, "shown".
nlohmann::ordered_json to_json(const RatingReport&);

/// All errors of all kinds of rows, for people; of a model that predicts no stars (null) only the references'.
std::string rating_table(const RatingReport*, const RatingReferences&);

/// How often ratings lie within their intervals, for scripts and for people.
nlohmann::ordered_json to_json(const std::vector<IntervalCoverage>&);
std::string coverage_table(const std::vector<IntervalCoverage>&);

}  // namespace movrec
