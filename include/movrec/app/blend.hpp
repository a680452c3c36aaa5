#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "movrec/app/opened_runs.hpp"

namespace movrec {

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

/// What a blend is known by.
struct BlendedRun {
  std::filesystem::path folder;
  nlohmann::json json;  ///< schema movrec.blend/1
  std::string text;     ///< the same for people
};

/// Makes one run of several: the weighted mean of their predictions, saved as a run of its own and scored on
/// the test rows. `folder`: where to, instead of a new one in settings.runs_dir.
BlendedRun blend_runs(std::span<const std::string> paths,
                      const BlendOptions&,
                      const OpenOptions&,
                      const RunSettings&,
                      const std::filesystem::path& folder = {});

}  // namespace movrec
