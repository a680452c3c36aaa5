#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/fitted.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/eval/gate.hpp"
#include "movrec/eval/rating_metrics.hpp"
#include "movrec/report/csv.hpp"
#include "movrec/report/table.hpp"

namespace movrec::cli {
namespace {

struct EvaluateOptions {
  std::string part = "test";
  std::vector<std::string> fail_if;
  std::string predictions;
  bool uncertainty = false;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "part",
                .help = "the part of the split to evaluate on",
                .choices = {"test", "valid", "train"}},
          self.part);
    visit(Field{.name = "fail-if",
                .help = "exit with code 5 if this holds: METRIC > >= < <= NUMBER, with rmse, mae, mse or "
                        "rmse_unclipped on all rows; several with commas",
                .value_name = "CONDITION"},
          self.fail_if);
    visit(Field{.name = "predictions",
                .help = "write user,item,rating,prediction of each row as CSV (predictions clipped)",
                .value_name = "FILE"},
          self.predictions);
    visit(Field{.name = "uncertainty",
                .help = "how often ratings lie within their 50, 80 and 95 % intervals (bfm)"},
          self.uncertainty);
  }
};

using Json = nlohmann::ordered_json;

/// A value that was not measured is null.
Json to_json(const RatingScores& scores) {
  const auto value = [&](double x) { return scores.rows > 0 && std::isfinite(x) ? Json(x) : Json(nullptr); };
  return {{"rmse", value(scores.rmse)}, {"rmse_unclipped", value(scores.rmse_unclipped)},
          {"mae", value(scores.mae)},   {"mae_unclipped", value(scores.mae_unclipped)},
          {"mse", value(scores.mse)},   {"mse_unclipped", value(scores.mse_unclipped)},
          {"rows", scores.rows}};
}

Json to_json(const RatingReport& report) {
  Json json = to_json(report.all);
  json["warm"] = to_json(report.warm);
  json["cold_user"] = to_json(report.cold_user);
  json["cold_item"] = to_json(report.cold_item);
  return json;
}

Table make_table(const RatingReport& report, const RatingReferences& references) {
  using enum Table::Align;
  Table table(
      {{""}, {"rows", right}, {"RMSE", right}, {"MAE", right}, {"MSE", right}, {"RMSE unclipped", right}});
  const auto add = [&](std::string name, const RatingScores& scores) {
    const auto value = [&](double x) { return scores.rows > 0 ? fmt::format("{:.4f}", x) : "-"; };
    table.add_row({std::move(name), format_count(scores.rows), value(scores.rmse), value(scores.mae),
                   value(scores.mse), value(scores.rmse_unclipped)});
  };
  add("all rows", report.all);
  add("  warm", report.warm);
  add("  cold user", report.cold_user);
  add("  cold item", report.cold_item);
  add("reference: biases", references.bias.all);
  add("reference: constant", references.constant.all);
  return table;
}

Table coverage_table(const std::vector<IntervalCoverage>& coverage) {
  using enum Table::Align;
  Table table({{"interval"}, {"ratings within", right}, {"mean width", right}});
  for (const IntervalCoverage& interval : coverage)
    table.add_row({fmt::format("{:.0f} %", 100 * interval.nominal),
                   fmt::format("{:.1f} %", 100 * interval.observed),
                   fmt::format("± {:.2f} stars", interval.mean_half_width)});
  return table;
}

void write_predictions(const std::string& path, const Fitted& fitted, const Ratings& rows) {
  constexpr std::size_t kBlockRows = 1 << 16;
  write_stream_atomically(path, [&](std::ostream& file) {
    file << "user,item,rating,prediction\n";
    std::vector<float> stars(std::min(kBlockRows, rows.size()));
    for (std::size_t begin = 0; begin < rows.size(); begin += kBlockRows) {
      const std::size_t n = std::min(kBlockRows, rows.size() - begin);
      const auto times =
          rows.times.empty() ? std::span<const std::int64_t>() : std::span(rows.times).subspan(begin, n);
      fitted.model->predict_at(std::span(rows.users).subspan(begin, n),
                               std::span(rows.items).subspan(begin, n), times, std::span(stars).first(n));
      std::string text;
      for (std::size_t k = 0; k < n; ++k)
        text += csv_line({fmt::to_string(number(fitted.dataset.users.id(rows.users[begin + k]))),
                          fmt::to_string(number(fitted.dataset.items.id(rows.items[begin + k]))),
                          fmt::to_string(rows.stars[begin + k]),
                          fmt::to_string(fitted.dataset.stars.clip(stars[k]))});
      file << text;
    }
  });
}

const std::vector<RowIdx>& rows_of(const Split& split, std::string_view part) {
  return part == "test" ? split.test : part == "valid" ? split.valid : split.train;
}

void hold_gates(const std::vector<Gate>& gates, const RatingScores& scores) {
  std::string failed;
  for (const Gate& gate : gates)
    if (fails(gate, scores))
      failed += fmt::format("{}{} is {:.6g}, fails if {}", failed.empty() ? "" : "; ", gate.metric,
                            scores.*gate.value, gate.text);
  if (!failed.empty()) fail(ErrorKind::gate, "quality gate: {}", failed);
}

int run_evaluate(const FittedOptions& fitted_options,
                 const EvaluateOptions& options,
                 Invocation& invocation) {
  std::vector<Gate> gates;
  for (const std::string& text : options.fail_if) gates.push_back(parse_gate(text));

  const Fitted fitted = open_fitted(fitted_options, invocation.global);
  const Checkpoint& checkpoint = fitted.checkpoint;
  if (options.part == "train" || (options.part == "valid" && checkpoint.refitted))
    spdlog::warn("the model was trained on the {} rows: their errors say nothing about new ratings",
                 options.part);
  const Ratings rows = fitted.dataset.ratings.subset(rows_of(fitted.split, options.part));
  if (rows.size() == 0) fail(ErrorKind::usage, "--part {}: this split has no such rows", options.part);
  const RatingReport report = evaluate_ratings(*fitted.model, rows, fitted.train, fitted.dataset.stars);
  const RatingReferences references = evaluate_references(rows, fitted.train, fitted.dataset.stars);
  const std::vector<IntervalCoverage> coverage =
      options.uncertainty ? evaluate_coverage(*fitted.model, rows) : std::vector<IntervalCoverage>();
  if (!options.predictions.empty()) write_predictions(options.predictions, fitted, rows);

  std::ostream& out = *invocation.out;
  if (invocation.global.json) {
    Json json{{"schema", "movrec.evaluate/1"},
              {"checkpoint", fitted.path.string()},
              {"model", checkpoint.spec.algorithm},
              {"dataset", checkpoint.dataset_name},
              {"part", options.part}};
    json[options.part] = to_json(report);
    json["references"] = {{"constant", to_json(references.constant)}, {"bias", to_json(references.bias)}};
    for (const IntervalCoverage& interval : coverage)
      json["coverage"].push_back({{"nominal", interval.nominal},
                                  {"observed", interval.observed},
                                  {"mean_half_width", interval.mean_half_width}});
    out << json.dump(2) << '\n';
  } else {
    out << fmt::format("{} on {}, {} rows ({})\n\n{}", checkpoint.spec.algorithm, checkpoint.dataset_name,
                       options.part, fitted.path.string(), make_table(report, references).text());
    if (!coverage.empty()) out << '\n' << coverage_table(coverage).text();
  }
  out.flush();
  hold_gates(gates, report.all);
  return 0;
}

}  // namespace

Action declare_evaluate(FlagSet& flags) {
  const auto fitted = std::make_shared<FittedOptions>();
  const auto options = std::make_shared<EvaluateOptions>();
  flags.bind(*options);
  flags.group("Model and data");
  flags.bind(*fitted);
  flags.set_footer(
      "Examples:\n"
      "  movrec evaluate\n"
      "  movrec evaluate --checkpoint runs/NAME/best.pt --json\n"
      "  movrec evaluate --fail-if 'rmse>0.86'\n");
  return [=](Invocation& invocation) { return run_evaluate(*fitted, *options, invocation); };
}

}  // namespace movrec::cli
