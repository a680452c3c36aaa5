#pragma once

#include <string>

#include "cli/parse/model_flags.hpp"
#include "movrec/app/fit.hpp"
#include "movrec/cli/parse/command.hpp"

namespace movrec::cli {

/// All that a training run is told, beside the global options.
struct TrainFlags {
  FitRequest request;  ///< without algorithm and options until apply_algorithm has chosen them
  ModelFlags given;
  std::string resume;
  bool profile = false;
};

/// Declares the model's, the training's, the data's, the split's and the ranking's flags, in groups.
void bind_train_flags(FlagSet&, FitRequest&, const ModelFlags&);

/// Chooses the model and its options: its defaults, and over them what somebody has set. Error{usage} where that
/// is nothing that the model looks at, or the model cannot be trained.
void apply_algorithm(FitRequest&, const ModelFlags&, const Invocation&);
/// Sets what somebody has set over the options that are there. Error{usage} for what the model does not look at.
void apply_given(FitRequest&, const ModelFlags&, const Invocation&);

/// What only a command line knows: settings, and whether --test-fraction is insisted on.
void apply_globals(FitRequest&, const Invocation&);

/// How the run is tested: ranking is measured with slow models, too, if a flag asked for it.
TestOptions test_options(const FitRequest&, bool profile, const Invocation&);

/// Whether a flag set one of RankingOptions. A file does not count: each run writes them all into its own.
bool asks_for_ranking(const Invocation&);

/// The options that somebody has set, as a file that sets them again.
std::string given_config(FitRequest&, const ModelFlags&, const Invocation&);

}  // namespace movrec::cli
