#pragma once

#include "cli/train_run.hpp"

namespace movrec::cli {

/// `train --model best`.
inline constexpr std::string_view kBest = "best";

/// Trains the members of the recipe for the data set, each a run of its own, and blends them with equal
/// weights. --time-budget is shared out among them. Error{usage} for options that belong to one model.
FinishedRun train_best(TrainFlags&, Invocation&);

}  // namespace movrec::cli
