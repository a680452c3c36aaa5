#include "movrec/report/evaluation_report.hpp"

#include <fmt/format.h>

#include "movrec/report/ranking_report.hpp"
#include "movrec/report/rating_report.hpp"

namespace movrec {

nlohmann::ordered_json evaluation_json(const EvaluationReport& report) {
  nlohmann::ordered_json json{{"schema", "movrec.evaluate/1"},
                              {"checkpoint", report.checkpoint.string()},
                              {"model", report.algorithm},
                              {"dataset", report.dataset},
                              {"part", report.part}};
  if (!report.caveat.empty()) json["caveat"] = report.caveat;
  json[report.part] = to_json(report.rating.value_or(RatingReport{}));
  json[report.part]["rows"] = report.references.constant.all.rows;
  json["references"] = {{"constant", to_json(report.references.constant)},
                        {"bias", to_json(report.references.bias)}};
  if (report.ranking) add_ranking(json, report.part, *report.ranking);
  if (!report.coverage.empty()) json["coverage"] = to_json(report.coverage);
  return json;
}

std::string evaluation_text(const EvaluationReport& report) {
  std::string text = fmt::format("{} on {}, {} rows ({})\n\n{}", report.algorithm, report.dataset,
                                 report.part, report.checkpoint.string(),
                                 rating_table(report.rating ? &*report.rating : nullptr, report.references));
  if (report.ranking) text += "\n" + ranking_table(report.algorithm, *report.ranking, /*all_ks=*/true);
  if (!report.coverage.empty()) text += "\n" + coverage_table(report.coverage);
  return text;
}

}  // namespace movrec
