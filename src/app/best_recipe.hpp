#pragma once

#include "app/train_run.hpp"

namespace movrec::cli {

/// `train --model best`.
inline constexpr std::string_view kBest = "best";

/// Trains the members of the recipe for the data set and blends them. Each is a run in a folder within the
/// blend's, whose config.toml holds what was asked for: with it and --resume, members that are finished stay,
/// the one that was broken off goes on, and the others are trained. --time-budget is shared out among all of
/// them. Error{usage} for options that belong to one model.
FinishedRun train_best(TrainFlags&, Invocation&);

/// Whether the folder is one of train_best's, finished or not.
bool is_best_run(const std::filesystem::path& folder);

}  // namespace movrec::cli
