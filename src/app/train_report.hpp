#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "app/ranking_report.hpp"
#include "app/train_session.hpp"
#include "movrec/eval/rating_metrics.hpp"

namespace movrec::cli {

/// All that a finished run has to say.
struct TrainResult {
  std::filesystem::path folder;
  const TrainSession& session;
  ModelSpec spec;
  std::optional<RatingReport> test;  ///< of models that predict stars
  RatingReferences references;
  std::optional<RankingReport> ranking;
  std::string_view caveat;                   ///< of the split
  std::optional<double> best_possible_rmse;  ///< synthetic data: no model can do better
  std::optional<double> gemm_gflops;         ///< --profile: what this machine's matrix products reach
};

/// The document of `train --json`, schema movrec.train/1.
nlohmann::json result_json(const TrainResult&);
/// Where the time of training went and how near it is to the speed of matrix products.
std::string profile_text(const TrainResult&);
/// The table that a person reads.
std::string result_text(const TrainResult&);
/// result.json and the plots of the run folder.
void write_run_report(const TrainResult&);

}  // namespace movrec::cli
