#include "movrec/report/cv_report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "movrec/core/progress.hpp"
#include "movrec/report/table.hpp"

namespace movrec {
namespace {

using Json = nlohmann::ordered_json;

struct Spread {
  double mean = 0, deviation = 0;  ///< of the sample (n - 1)
};

Spread spread_of(const std::vector<double>& values) {
  Spread out;
  for (const double v : values) out.mean += v / static_cast<double>(values.size());
  for (const double v : values) out.deviation += (v - out.mean) * (v - out.mean);
  out.deviation = values.size() > 1 ? std::sqrt(out.deviation / static_cast<double>(values.size() - 1)) : 0;
  return out;
}

/// Mean and deviation over the folds of every number that `test` holds in all of them.
std::pair<Json, Json> summarize(const std::vector<Json>& folds) {
  Json means = Json::object(), deviations = Json::object();
  for (const auto& [name, value] : folds.front().at("test").items()) {
    std::vector<double> values;
    for (const Json& fold : folds)
      if (fold.at("test").contains(name) && fold.at("test").at(name).is_number())
        values.push_back(fold.at("test").at(name).get<double>());
    if (values.size() != folds.size()) continue;
    const Spread spread = spread_of(values);
    means[name] = spread.mean;
    deviations[name] = spread.deviation;
  }
  return {means, deviations};
}

/// "0.9123", or "-" where it was not measured.
std::string figure(const Json& of, const std::string& name) {
  return of.contains(name) && of.at(name).is_number() ? fmt::format("{:.4f}", of.at(name).get<double>())
                                                      : "-";
}

/// What stands in the table: the errors of stars where they were measured, and the ranking that stands for all.
std::vector<std::pair<std::string, std::string>> shown_figures(const Json& means) {
  std::vector<std::pair<std::string, std::string>> shown;
  for (const auto& [name, heading] : {std::pair("rmse", "RMSE"), std::pair("mae", "MAE")})
    if (means.contains(name)) shown.emplace_back(name, heading);
  for (const auto& [name, heading] :
       {std::pair("ndcg@10", "NDCG@10"), std::pair("recall@10", "recall@10"), std::pair("hr@10", "HR@10")})
    if (means.contains(name)) shown.emplace_back(name, heading);
  return shown;
}

std::string validation_of(const Json& fold) {
  for (const auto& [name, value] : fold.at("valid").items())
    if (value.is_number()) return fmt::format("{:.4f}", value.get<double>());
  return "-";
}

}  // namespace

Json cv_json(const CvReport& report) {
  const auto [means, deviations] = summarize(report.results);
  Json json{{"schema", "movrec.cv/1"},
            {"model", report.algorithm},
            {"dataset", report.dataset},
            {"run", report.folder.string()},
            {"mean", means},
            {"standard_deviation", deviations}};
  for (std::size_t k = 0; k < report.names.size(); ++k) {
    json["folds"].push_back(report.results[k]);
    json["folds"].back()["fold"] = report.names[k];
  }
  return json;
}

std::string cv_text(const CvReport& report) {
  using enum Table::Align;
  const auto [means, deviations] = summarize(report.results);
  const auto shown = shown_figures(means);
  std::vector<Table::Column> columns{{"fold"}, {"test rows", right}};
  for (const auto& [name, heading] : shown) columns.push_back({heading, right});
  columns.push_back({"validation", right});
  columns.push_back({"seconds", right});
  Table table(std::move(columns));
  const auto add = [&](std::string name, std::string rows, const Json& of, std::string valid,
                       std::string seconds) {
    std::vector<std::string> cells{std::move(name), std::move(rows)};
    for (const auto& [key, heading] : shown) cells.push_back(figure(of, key));
    cells.push_back(std::move(valid));
    cells.push_back(std::move(seconds));
    table.add_row(std::move(cells));
  };
  for (std::size_t k = 0; k < report.names.size(); ++k) {
    const Json& fold = report.results[k];
    add(report.names[k], format_count(fold.at("test").at("rows").get<std::int64_t>()), fold.at("test"),
        validation_of(fold), fmt::format("{:.1f}", fold.at("seconds").get<double>()));
  }
  add("mean", "", means, "", "");
  add("standard deviation", "", deviations, "", "");
  return fmt::format("{}, cross-validation\n\n{}\nruns: {}\n", report.algorithm, table.text(),
                     report.folder.string());
}

}  // namespace movrec
