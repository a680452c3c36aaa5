#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "movrec/eval/ranking_report.hpp"
#include "movrec/eval/rating_metrics.hpp"

namespace movrec {

/// What a run's model does on one part of its split.
struct EvaluationReport {
  std::filesystem::path checkpoint;
  std::string algorithm, dataset, part, caveat;
  std::optional<RatingReport> rating;  ///< of models that predict stars
  RatingReferences references;
  std::optional<RankingReport> ranking;
  std::vector<IntervalCoverage> coverage;  ///< where it was asked for
};

/// The document of schema movrec.evaluate/1.
nlohmann::ordered_json evaluation_json(const EvaluationReport&);
/// The same for people.
std::string evaluation_text(const EvaluationReport&);

}  // namespace movrec
