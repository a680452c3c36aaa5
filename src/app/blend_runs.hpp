#pragma once

#include "app/fitted.hpp"
#include "app/train_run.hpp"

namespace movrec::cli {

struct BlendOptions {
  std::vector<std::string> weights{"equal"};
  double l2 = 1e-3;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "weights",
                .help = "equal; ridge: non-negative, fitted on the validation rows that all runs share; or a "
                        "number for each run, with commas",
                .value_name = "LIST"},
          self.weights);
    visit(Field{.name = "blend-l2",
                .help = "ridge: how strongly the weights are drawn towards equal ones",
                .min = 0,
                .max = 1e9},
          self.l2);
  }
};

/// Makes one run of several: the weighted mean of their predictions, saved as a run of its own and scored on
/// the test rows. Its JSON has the schema movrec.blend/1. `folder`: where to, instead of a new one in
/// --runs-dir.
FinishedRun blend_runs(const std::vector<std::string>& paths,
                       const BlendOptions&,
                       const FittedOptions&,
                       const GlobalOptions&,
                       const std::filesystem::path& folder = {});

}  // namespace movrec::cli
