#include "movrec/report/comparison.hpp"

#include <fmt/format.h>

#include "movrec/core/progress.hpp"
#include "movrec/report/table.hpp"

namespace movrec {

nlohmann::ordered_json comparison_json(const Comparison& all) {
  nlohmann::ordered_json json{{"schema", "movrec.compare/1"},
                              {"rows", all.rows},
                              {"resamples", all.resamples},
                              {"resampled", all.unit},
                              {"seed", all.seed}};
  if (!all.caveat.empty()) json["caveat"] = all.caveat;
  for (const ComparedRun& run : all.runs) {
    nlohmann::ordered_json entry{{"checkpoint", run.checkpoint},
                                 {"model", run.algorithm},
                                 {"rmse", run.rmse},
                                 {"mae", run.mae},
                                 {"error_correlation", run.error_correlation}};
    if (&run != &all.runs.front())
      entry["against_first"] = {{"rmse_difference", run.against_first.difference},
                                {"interval_95", {run.against_first.low, run.against_first.high}},
                                {"share_better", run.against_first.share_better}};
    json["runs"].push_back(std::move(entry));
  }
  return json;
}

std::string comparison_text(const Comparison& all) {
  using enum Table::Align;
  Table table({{fmt::format("test rows: {}", format_count(static_cast<std::int64_t>(all.rows))), left},
               {"RMSE", right},
               {"MAE", right},
               {"less the first", right},
               {"95 % interval", right},
               {"error correlation", right}});
  for (const ComparedRun& run : all.runs) {
    const RmseDifference& d = run.against_first;
    const bool is_first = &run == &all.runs.front();
    table.add_row({run.label, fmt::format("{:.4f}", run.rmse), fmt::format("{:.4f}", run.mae),
                   is_first ? "" : fmt::format("{:+.4f}", d.difference),
                   is_first ? "" : fmt::format("{:+.4f} to {:+.4f}", d.low, d.high),
                   is_first ? "" : fmt::format("{:.3f}", run.error_correlation)});
  }
  return table.text() + fmt::format("\npaired bootstrap of the RMSE's difference, {} resamples of {}\n",
                                    format_count(all.resamples), all.unit);
}

}  // namespace movrec
