#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "movrec/app/opened_runs.hpp"
#include "movrec/report/comparison.hpp"

namespace movrec {

struct CompareOptions {
  std::vector<std::string> runs;
  int resamples = 2000;
  std::uint64_t seed = 1;
  std::string unit = "rows";

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "resamples", .help = "bootstrap resamples", .min = 100, .max = 1e6}, self.resamples);
    visit(Field{.name = "seed", .help = "seed of the resampling"}, self.seed);
    visit(Field{.name = "resample",
                .help = "what is drawn: single rows, or users with all their rows (one user's errors are not "
                        "independent)",
                .choices = {"rows", "users"}},
          self.unit);
  }
};

/// Errors of the runs on their common test rows, each beside the first, with a paired bootstrap of the differences.
/// Errors as open_runs.
Comparison compare_runs(const CompareOptions&, const OpenOptions&, const RunSettings&);

}  // namespace movrec
