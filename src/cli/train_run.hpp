#pragma once

#include <nlohmann/json.hpp>

#include "cli/train_flags.hpp"

namespace movrec::cli {

/// What a finished run is known by.
struct FinishedRun {
  std::filesystem::path folder;
  nlohmann::json json;  ///< schema movrec.train/1
  std::string text;     ///< the same for people
};

/// Trains by flags that apply_algorithm has completed, or goes on with the run that they resume, whose
/// checkpoint they were read from. Scores the chosen model once on test rows. Interrupted after a signal,
/// with the run saved.
FinishedRun train_run(TrainFlags&, Invocation&, const Checkpoint* resumed = nullptr);

}  // namespace movrec::cli
