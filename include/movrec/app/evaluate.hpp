#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "movrec/app/opened_run.hpp"
#include "movrec/eval/gate.hpp"
#include "movrec/report/evaluation_report.hpp"

namespace movrec {

struct EvaluateOptions {
  std::string part = "test";
  std::vector<std::string> fail_if;
  std::string predictions, per_user;
  bool uncertainty = false;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "part",
                .help = "the part of the split to evaluate on",
                .choices = {"test", "valid", "train"}},
          self.part);
    visit(Field{.name = "fail-if", .help = gate_help(), .value_name = "CONDITION"}, self.fail_if);
    visit(Field{.name = "predictions",
                .help = "write user,item,rating,prediction of each row as CSV (predictions clipped)",
                .value_name = "FILE"},
          self.predictions);
    visit(Field{.name = "per-user",
                .help = "write the ranking metrics of each list as CSV",
                .value_name = "FILE"},
          self.per_user);
    visit(Field{.name = "uncertainty",
                .help = "how often ratings lie within their 50, 80 and 95 % intervals (bfm)"},
          self.uncertainty);
  }
};

struct EvaluateRequest {
  OpenOptions open;
  EvaluateOptions options;
  RankingOptions ranking;
  bool asks_for_ranking = false;  ///< somebody wants it, so that it is an error where it means nothing
  RunSettings settings;
};

/// What a run's model does on one part of its split, and the files that were asked for. Error{usage} for a part that
/// there is not and for gates that measure nothing; whether gates hold, hold_gates says.
EvaluationReport evaluate_run(const EvaluateRequest&);
/// Error{gate} that names every condition that holds.
void hold_gates(const EvaluateOptions&, const EvaluationReport&);

}  // namespace movrec
