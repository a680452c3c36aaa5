#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "movrec/app/run_settings.hpp"
#include "movrec/checkpoint/checkpoint.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/eval/ranking.hpp"
#include "movrec/report/run_report.hpp"

namespace movrec {

/// All that a fit is told: which model, of which rows, where to. `test_run` measures the result; nothing in here lets
/// a fit look at test rows.
struct FitRequest {
  std::string algorithm;
  ModelOptions options;  ///< default_options(algorithm), and what is to differ
  DataOptions data;
  SplitOptions split;
  RankingOptions ranking;  ///< of the test; part of what the run remembers
  CacheOptions cache;
  RunSettings settings;
  double time_budget = 0;  ///< end training after so many seconds, with what is reached by then; 0: never
  std::filesystem::path folder{};  ///< one that is there for the run; empty: a new one in settings.runs_dir
  bool needs_test_fraction =
      false;  ///< somebody insists on it: Error{usage} for a split that gives its test part

  /// What a run's config.toml holds, beside its model's options: the rest belongs to one start of it.
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "model",
                .help = "the algorithm (see `movrec models`; default: biased-mf, or mlp with ‹layers›), or "
                        "best: the most accurate mean of models for the data set"},
          self.algorithm);
    visit(self.data);
    visit(self.split);
    visit(self.ranking);
  }
};

/// The fields of the request and its model's options.
OptionRefs all_options(FitRequest&);

/// The options that such a run looks at, as a file that runs it again.
std::string resolved_config(const FitRequest&);

/// What a fit learned from: train (with validation rows after a refit), validation, and what is known of users and
/// items besides. Its data set has no ratings of its own left.
struct FitRows {
  Ratings train, valid;
  std::vector<SplitQuery> valid_queries;
  Dataset dataset;
  std::string caveat;  ///< of the split
};

/// The test rows of a fit. Only test_run can look at them, when everything is chosen.
class SealedTest {
 public:
  SealedTest(Ratings rows, std::vector<SplitQuery> queries)
      : rows_(std::move(rows)), queries_(std::move(queries)) {}

 private:
  friend TestSummary test_run(const struct Fit&, const struct TestOptions&);
  Ratings rows_;
  std::vector<SplitQuery> queries_;
};

/// A fitted run.
struct Fit {
  FitSummary summary;
  ModelSpec spec;
  std::string device;
  std::unique_ptr<Model> model;
  std::unique_ptr<FitRows> rows;
  std::unique_ptr<SealedTest> test;
};

/// A stop broke training off, and the run is saved so that it can be resumed.
struct RunInterrupted : Interrupted {
  RunInterrupted(int signal_number, std::filesystem::path run)
      : Interrupted(signal_number), folder(std::move(run)) {}
  std::filesystem::path folder;
};

struct TestOptions {
  RankingOptions ranking;
  bool ranks_slow_models = false;  ///< measure ranking also where scores of all items take long
  bool profile = false;            ///< also measure what matrix products reach on this machine
};

/// Trains, chooses the best epoch on validation rows, and writes the run's folder. RunInterrupted after a stop.
Fit fit_run(const FitRequest&);

/// An option that is set by name.
struct OptionChange {
  std::string name, value;
  std::string shown;  ///< what errors call it: "‹lr›", "recipe.toml:12 (lr)"
};

/// A run that was broken off, or goes on for longer.
struct StartedRun {
  std::filesystem::path last;  ///< its last.pt
  Checkpoint checkpoint;
  FitRequest request;  ///< as the checkpoint says; a caller sets its cache, settings and time budget
  TestOptions test;    ///< as its config.toml says
};

/// The run of a last.pt. Its model, data and split are what they were: Error{usage} for changes of anything but epochs,
/// sweeps, patience and ranking.
StartedRun read_started_run(const std::filesystem::path& last, std::span<const OptionChange> changes = {});
/// What fit_run returns, bit by bit. Error{model} where its data has changed, Error{usage} for more epochs than a
/// schedule that spans all of them and has ended, Error{failure} while another process trains it.
Fit resume_run(const StartedRun&);

/// Scores the fitted model on its test rows.
TestSummary test_run(const Fit&, const TestOptions&);

/// A fit, its test, and both in the run's folder.
struct TrainedRun {
  FitSummary fit;
  TestSummary test;
};
TrainedRun finish_run(Fit, const TestOptions&);

/// Whether to measure ranking. That it would take long, by model or size, is logged, unless it `may_be_slow`.
bool measures_ranking(
    const Algorithm&, std::int64_t n_users, std::int64_t n_items, const RankingOptions&, bool may_be_slow);

}  // namespace movrec
