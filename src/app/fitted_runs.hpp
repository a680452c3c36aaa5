#pragma once

#include "app/fitted.hpp"

namespace movrec::cli {

/// One of several runs over the same ratings.
struct FittedRun {
  std::filesystem::path path;
  Checkpoint checkpoint;  ///< without its model's arrays
  Split split;
  std::unique_ptr<Model> model;

  /// "RUN (MODEL)", with the folder's name for the run.
  std::string label() const;
};

/// Runs over the same ratings with the same test rows.
struct FittedRuns {
  Dataset dataset;
  std::vector<FittedRun> runs;

  Ratings test() const { return dataset.ratings.subset(runs.front().split.test); }
};

/// Error{usage} for fewer than two runs; Error{model} where their ratings or their test rows differ, or a
/// model does not predict stars: figures that cannot be compared are not shown side by side.
FittedRuns open_runs(const std::vector<std::string>& paths, FittedOptions, const GlobalOptions&);

}  // namespace movrec::cli
