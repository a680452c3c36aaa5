#pragma once

#include <span>
#include <string>
#include <vector>

#include "movrec/app/opened_run.hpp"

namespace movrec {

/// One of several runs over the same ratings.
struct ComparableRun {
  std::filesystem::path path;
  Checkpoint checkpoint;  ///< without its model's arrays
  Split split;
  std::unique_ptr<Model> model;

  /// "RUN (MODEL)", with the folder's name for the run.
  std::string label() const;
};

/// Runs over the same ratings with the same test rows.
struct OpenedRuns {
  Dataset dataset;
  std::vector<ComparableRun> runs;

  Ratings test() const { return dataset.ratings.subset(runs.front().split.test); }
  /// Of their split.
  const std::string& caveat() const { return runs.front().split.caveat; }
};

/// `options.checkpoint` is not looked at. Error{usage} for fewer than two runs; Error{model} where their ratings or
/// their test rows differ, or a model does not predict stars: figures that cannot be compared are not shown side by
/// side.
OpenedRuns open_runs(std::span<const std::string> paths, OpenOptions options, const RunSettings&);

}  // namespace movrec
