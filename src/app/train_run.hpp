#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <utility>

#include "cli/parse/train_flags.hpp"
#include "movrec/core/stop.hpp"

namespace movrec::cli {

/// What a finished run is known by.
struct FinishedRun {
  std::filesystem::path folder;
  nlohmann::json json;  ///< schema movrec.train/1
  std::string text;     ///< the same for people
};

/// A signal broke training off, and the run is saved so that it can be resumed.
struct RunInterrupted : Interrupted {
  RunInterrupted(int signal_number, std::filesystem::path run)
      : Interrupted(signal_number), folder(std::move(run)) {}
  std::filesystem::path folder;
};

/// Trains by flags that apply_algorithm has completed, or goes on with the run that they resume, whose
/// checkpoint they were read from. Scores the chosen model once on test rows. `folder`: one that is there for
/// a new run, instead of one of its own in --runs-dir. RunInterrupted after a signal.
FinishedRun train_run(TrainFlags&,
                      Invocation&,
                      const Checkpoint* resumed = nullptr,
                      const std::filesystem::path& folder = {});

}  // namespace movrec::cli
