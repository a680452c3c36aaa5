#pragma once

#include <string>

#include "movrec/app/fit.hpp"
#include "movrec/cli/parse/command.hpp"

namespace movrec::cli {

/// All that a training run is told, beside the global options.
struct TrainFlags {
  FitRequest request;  ///< its algorithm is empty until apply_algorithm has chosen the default
  std::string resume;
  bool profile = false;
};

/// Declares the model's, the training's, the data's, the split's and the ranking's flags, in groups.
void bind_train_flags(FlagSet&, FitRequest&);

/// The model's own defaults, where nobody has set anything. Error{usage} where somebody has set what the
/// model does not look at, or the model cannot be trained.
void apply_algorithm(FitRequest&, Invocation&);

/// What only a command line knows: settings, and whether --test-fraction is insisted on.
void apply_globals(FitRequest&, const Invocation&);

/// How the run is tested: ranking is measured with slow models, too, if a flag asked for it.
TestOptions test_options(const FitRequest&, bool profile, const Invocation&);

/// Whether a flag set one of RankingOptions. A file does not count: each run writes them all into its own.
bool asks_for_ranking(const Invocation&);

/// The options that somebody has set, as a file that sets them again.
std::string given_config(FitRequest&, const Invocation&);

}  // namespace movrec::cli
