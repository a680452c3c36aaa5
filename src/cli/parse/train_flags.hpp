#pragma once

#include <string>

#include "movrec/checkpoint/checkpoint.hpp"
#include "movrec/cli/parse/command.hpp"
#include "movrec/eval/ranking.hpp"

namespace movrec::cli {

/// All that a training run is told, beside the global options.
struct TrainFlags {
  std::string model;  ///< empty until apply_algorithm has chosen the default
  std::string resume;
  bool profile = false;
  double time_budget = 0;
  DataOptions data;
  SplitOptions split;
  AlgorithmOptions algorithm;
  RankingOptions ranking;
  CacheOptions cache;

  /// What a run's config.toml holds: the rest belongs to one start of it.
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "model",
                .help = "the algorithm (see `movrec models`; default: biased-mf, or mlp with --layers), or "
                        "best: the most accurate mean of models for the data set"},
          self.model);
    DataOptions::fields(self.data, visit);
    SplitOptions::fields(self.split, visit);
    AlgorithmOptions::fields(self.algorithm, visit);
    RankingOptions::fields(self.ranking, visit);
  }
};

/// Declares the model's, the training's, the data's, the split's and the ranking's flags, in groups.
void bind_train_flags(FlagSet&, TrainFlags&);

/// The model's own defaults, where nobody has set anything. Error{usage} where somebody has set what the
/// model does not look at, or the model cannot be trained.
void apply_algorithm(TrainFlags&, Invocation&);

/// Sets the option of that name, whoever has set it before. Error{usage} for a bad value.
void set_option(TrainFlags&, std::string_view name, std::string_view text);

/// The options that this run looks at, as a file that runs it again.
std::string resolved_config(TrainFlags&);
/// The options that somebody has set, as such a file.
std::string given_config(TrainFlags&, const Invocation&);

}  // namespace movrec::cli
