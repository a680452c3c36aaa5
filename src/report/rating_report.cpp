#include "movrec/report/rating_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "movrec/core/progress.hpp"
#include "movrec/report/table.hpp"

namespace movrec {

using Json = nlohmann::ordered_json;

Json to_json(const RatingScores& scores) {
  const auto value = [&](double x) { return scores.rows > 0 && std::isfinite(x) ? Json(x) : Json(nullptr); };
  Json json;
  for (const RatingMetric& metric : rating_metrics())
    json[std::string(metric.name)] = value(scores.value(metric.name));
  json["rows"] = scores.rows;
  return json;
}

Json to_json(const RatingReport& report) {
  Json json = to_json(report.all);
  json["warm"] = to_json(report.warm);
  json["cold_user"] = to_json(report.cold_user);
  json["cold_item"] = to_json(report.cold_item);
  if (report.shown.rows > 0) json["shown"] = to_json(report.shown);
  return json;
}

std::string rating_table(const RatingReport* report, const RatingReferences& references) {
  using enum Table::Align;
  std::vector<Table::Column> columns{{""}, {"rows", right}};
  for (const RatingMetric& metric : rating_metrics())
    if (!metric.heading.empty()) columns.push_back({std::string(metric.heading), right});
  Table table(std::move(columns));
  const auto add = [&](std::string name, const RatingScores& scores) {
    const auto value = [&](double x) {
      return scores.rows > 0 && std::isfinite(x) ? fmt::format("{:.4f}", x) : "-";
    };
    std::vector<std::string> cells{std::move(name), format_count(scores.rows)};
    for (const RatingMetric& metric : rating_metrics())
      if (!metric.heading.empty()) cells.push_back(value(scores.value(metric.name)));
    table.add_row(std::move(cells));
  };
  if (report != nullptr) {
    add("all rows", report->all);
    add("  warm", report->warm);
    add("  cold user", report->cold_user);
    add("  cold item", report->cold_item);
    if (report->shown.rows > 0) add("shown to the model", report->shown);
  }
  add("reference: biases", references.bias.all);
  add("reference: constant", references.constant.all);
  return table.text();
}

Json to_json(const std::vector<IntervalCoverage>& coverage) {
  auto json = Json::array();
  for (const IntervalCoverage& interval : coverage)
    json.push_back({{"nominal", interval.nominal},
                    {"observed", interval.observed},
                    {"mean_half_width", interval.mean_half_width}});
  return json;
}

std::string coverage_table(const std::vector<IntervalCoverage>& coverage) {
  using enum Table::Align;
  Table table({{"interval"}, {"ratings within", right}, {"mean width", right}});
  for (const IntervalCoverage& interval : coverage)
    table.add_row({fmt::format("{:.0f} %", 100 * interval.nominal),
                   fmt::format("{:.1f} %", 100 * interval.observed),
                   fmt::format("± {:.2f} stars", interval.mean_half_width)});
  return table.text();
}

}  // namespace movrec
