#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "movrec/eval/ranking_report.hpp"
#include "movrec/eval/rating_metrics.hpp"

namespace movrec {

/// What training in this process cost; epochs of before it was resumed are not in it.
struct Profile {
  double seconds = 0, flops = 0;
  std::int64_t rows = 0;
  std::vector<std::pair<std::string, double>> phases;  ///< seconds; empty for models without such steps
  double gflops() const { return seconds > 0 ? 1e-9 * flops / seconds : 0; }
};

/// What a finished training is known by. No test row has to do with it.
struct FitSummary {
  std::filesystem::path folder, checkpoint;
  std::string algorithm;
  std::string selects_by;              ///< what validation measures: "rmse", "ndcg@10"
  bool averages_sweeps = false;        ///< its epochs are sweeps
  bool loss_is_squared_error = false;  ///< so that its root can stand beside an RMSE
  std::uint64_t seed = 0;
  std::int64_t n_parameters = 0;
  int epochs = 0, best_epoch = 0;
  std::optional<double> best_valid;  ///< none without validation rows
  double seconds = 0;                ///< of training
  std::int64_t rows = 0;             ///< trained on, all epochs
  nlohmann::json history;            ///< one object per epoch
  Profile profile;
};

/// What a fit did on test rows.
struct TestSummary {
  std::optional<RatingReport> rating;  ///< of models that predict stars
  RatingReferences references;
  std::optional<RankingReport> ranking;
  std::string caveat;                        ///< of the split
  std::optional<double> best_possible_rmse;  ///< synthetic data: no model can do better
  std::optional<double> gemm_gflops;  ///< where a profile was asked for: what matrix products reach here
};

/// The document of schema movrec.train/1.
nlohmann::json run_json(const FitSummary&, const TestSummary&);
/// The table that a person reads.
std::string run_text(const FitSummary&, const TestSummary&);
/// result.json and the plots of the run folder.
void write_run_report(const FitSummary&, const TestSummary&);

}  // namespace movrec
