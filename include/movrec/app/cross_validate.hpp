#pragma once

#include <string>

#include "movrec/app/runtime.hpp"
#include "movrec/report/cv_report.hpp"

namespace movrec {

struct CvOptions {
  std::string folds;
  int repeats = 1;
  int jobs = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "folds",
                .help =
                    "a number: so many random parts take turns as test; or ml-100k's own, u1..u5, or a list "
                    "of them (default: 5, or with ‹repeats› one random split each)",
                .value_name = "FOLDS"},
          self.folds);
    visit(
        Field{.name = "repeats",
              .help = "do it all so many times, with the next split seed (u1..u5: the next model seed) each",
              .min = 1,
              .max = 1000},
        self.repeats);
    visit(
        Field{.name = "jobs",
              .help = "folds trained at the same time, sharing the threads (0: as many as threads and memory "
                      "allow; on a GPU 1)",
              .min = 0,
              .max = 1024},
        self.jobs);
  }
};

struct CvRequest {
  FitRequest base;  ///< what all folds share; its split is changed by each
  TestOptions test;
  CvOptions folds;
  bool is_random =
      false;  ///< repeats of one random split instead of folds: where repeats alone were asked for
};

/// Trains and tests a model on several splits: folds run where `runtime` runs them, each a run in one folder of
/// settings.runs_dir, which also gets result.json. Error{usage} for folds that there are not; a fold's error names
/// the fold.
CvReport cross_validate(const CvRequest&, const Runtime& runtime);

}  // namespace movrec
