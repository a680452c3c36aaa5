#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "app/fitted.hpp"
#include "app/ranking_report.hpp"
#include "cli/commands/commands.hpp"
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
  std::string predictions, per_user;
  bool uncertainty = false;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "part",
                .help = "the part of the split to evaluate on",
                .choices = {"test", "valid", "train"}},
          self.part);
    visit(Field{.name = "fail-if",
                .help = "exit with code 5 if this holds: METRIC > >= < <= NUMBER, with rmse, mae, mse or "
                        "rmse_unclipped on all rows, or a ranking metric such as map@5; several with commas",
                .value_name = "CONDITION"},
          self.fail_if);
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
  if (report.shown.rows > 0) json["shown"] = to_json(report.shown);
  return json;
}

/// Without errors of a model that predicts no stars.
Table make_table(const RatingReport* report, const RatingReferences& references) {
  using enum Table::Align;
  Table table(
      {{""}, {"rows", right}, {"RMSE", right}, {"MAE", right}, {"MSE", right}, {"RMSE unclipped", right}});
  const auto add = [&](std::string name, const RatingScores& scores) {
    const auto value = [&](double x) { return scores.rows > 0 ? fmt::format("{:.4f}", x) : "-"; };
    table.add_row({std::move(name), format_count(scores.rows), value(scores.rmse), value(scores.mae),
                   value(scores.mse), value(scores.rmse_unclipped)});
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

void write_predictions(const std::string& path, const Fitted& fitted, const HeldOut& part) {
  write_stream_atomically(path, [&](std::ostream& file) {
    file << "user,item,rating,prediction\n";
    for_each_prediction(*fitted.model, part, [&](std::size_t row, float stars) {
      file << csv_line({fmt::to_string(number(fitted.dataset.users.id(part.rows.users[row]))),
                        fmt::to_string(number(fitted.dataset.items.id(part.rows.items[row]))),
                        fmt::to_string(part.rows.stars[row]),
                        fmt::to_string(fitted.dataset.stars.clip(stars))});
    });
  });
}

const std::vector<RowIdx>& rows_of(const Split& split, std::string_view part) {
  return part == "test" ? split.test : part == "valid" ? split.valid : split.train;
}
std::span<const SplitQuery> queries_of(const Split& split, std::string_view part) {
  if (part == "test") return split.test_queries;
  if (part == "valid") return split.valid_queries;
  return {};
}

void hold_gates(const std::vector<Gate>& gates, const RatingScores* rating, const RankingScores* ranking) {
  std::string failed;
  for (const Gate& gate : gates)
    if (const double value = value_of(gate, rating, ranking); fails(gate, value))
      failed += fmt::format("{}{} is {:.6g}, fails if {}", failed.empty() ? "" : "; ", gate.metric, value,
                            gate.text);
  if (!failed.empty()) fail(ErrorKind::gate, "quality gate: {}", failed);
}

/// What the ranking of this part is, if it is to be measured.
std::optional<RankingReport> rank_part(const Fitted& fitted,
                                       const HeldOut& part,
                                       const EvaluateOptions& options,
                                       const RankingOptions& ranking,
                                       bool is_trained_on,
                                       bool asked) {
  if (is_trained_on) {
    if (asked)
      fail(ErrorKind::usage, "--part {}: trained rows are left out of lists, so ranking them means nothing",
           options.part);
    return std::nullopt;
  }
  const Algorithm& algorithm = find_algorithm(fitted.checkpoint.spec.algorithm);
  if (!measures_ranking(algorithm, fitted.train, ranking, /*may_be_slow=*/true)) return std::nullopt;
  // By the time of the test, validation ratings are known.
  const Ratings valid =
      fitted.dataset.ratings.subset(options.part == "test" ? fitted.split.valid : std::vector<RowIdx>());
  return report_ranking(*fitted.model, part, {&fitted.train, &valid},
                        {fitted.dataset.catalog, fitted.dataset.user_features}, ranking, fitted.split.caveat);
}

int run_evaluate(const FittedOptions& fitted_options,
                 const EvaluateOptions& options,
                 const RankingOptions& ranking_options,
                 Invocation& invocation) {
  std::vector<Gate> gates;
  for (const std::string& text : options.fail_if) gates.push_back(parse_gate(text));
  const bool asks = asks_for_ranking(invocation) || !options.per_user.empty() ||
                    std::ranges::any_of(gates, &Gate::is_of_ranking);
  if (asks && ranking_options.ks.empty() && !options.per_user.empty())
    fail(ErrorKind::usage, "--per-user: --ks '' measures no ranking");

  const Fitted fitted = open_fitted(fitted_options, invocation.global);
  const Checkpoint& checkpoint = fitted.checkpoint;
  warn_of_added_ratings(fitted.path, checkpoint);
  const bool is_trained_on = options.part == "train" || (options.part == "valid" && checkpoint.refitted);
  if (is_trained_on)
    spdlog::warn("the model was trained on the {} rows: their errors say nothing about new ratings",
                 options.part);
  const std::string_view caveat = options.part == "test" ? fitted.split.caveat : std::string_view();
  if (!caveat.empty()) spdlog::warn("{} is {}", checkpoint.split.split, caveat);
  const Ratings rows = fitted.dataset.ratings.subset(rows_of(fitted.split, options.part));
  if (rows.size() == 0) fail(ErrorKind::usage, "--part {}: this split has no such rows", options.part);
  const HeldOut part(rows, queries_of(fitted.split, options.part), &fitted.dataset.user_features);

  const std::optional<RankingReport> ranking =
      rank_part(fitted, part, options, ranking_options, is_trained_on, asks);
  std::optional<RatingReport> report;
  if (fitted.model->scores_are_stars())
    report = evaluate_ratings(*fitted.model, part, fitted.train, fitted.dataset.stars);
  const RatingReferences references = evaluate_references(part, fitted.train, fitted.dataset.stars);
  const RatingScores* const rating_scores = report ? &report->all : nullptr;
  const RankingScores* const ranking_scores = ranking ? &ranking->model : nullptr;
  for (const Gate& gate : gates) value_of(gate, rating_scores, ranking_scores);
  const std::vector<IntervalCoverage> coverage =
      options.uncertainty ? evaluate_coverage(*fitted.model, rows) : std::vector<IntervalCoverage>();
  if (!options.predictions.empty()) write_predictions(options.predictions, fitted, part);
  if (!options.per_user.empty()) write_cases(options.per_user, *ranking, fitted.dataset.users);

  std::ostream& out = *invocation.out;
  if (invocation.global.json) {
    Json json{{"schema", "movrec.evaluate/1"},
              {"checkpoint", fitted.path.string()},
              {"model", checkpoint.spec.algorithm},
              {"dataset", checkpoint.dataset_name},
              {"part", options.part}};
    if (!caveat.empty()) json["caveat"] = caveat;
    json[options.part] = to_json(report.value_or(RatingReport{}));
    json[options.part]["rows"] = references.constant.all.rows;
    json["references"] = {{"constant", to_json(references.constant)}, {"bias", to_json(references.bias)}};
    if (ranking) add_ranking(json, options.part, *ranking);
    for (const IntervalCoverage& interval : coverage)
      json["coverage"].push_back({{"nominal", interval.nominal},
                                  {"observed", interval.observed},
                                  {"mean_half_width", interval.mean_half_width}});
    out << json.dump(2) << '\n';
  } else {
    out << fmt::format("{} on {}, {} rows ({})\n\n{}", checkpoint.spec.algorithm, checkpoint.dataset_name,
                       options.part, fitted.path.string(),
                       make_table(report ? &*report : nullptr, references).text());
    if (ranking) out << '\n' << ranking_table(checkpoint.spec.algorithm, *ranking, /*all_ks=*/true);
    if (!coverage.empty()) out << '\n' << coverage_table(coverage).text();
  }
  out.flush();
  hold_gates(gates, rating_scores, ranking_scores);
  return 0;
}

}  // namespace

Action declare_evaluate(FlagSet& flags) {
  const auto fitted = std::make_shared<FittedOptions>();
  const auto options = std::make_shared<EvaluateOptions>();
  const auto ranking = std::make_shared<RankingOptions>();
  flags.bind(*options);
  flags.group("Ranking");
  flags.bind(*ranking);
  flags.group("Model and data");
  flags.bind(*fitted);
  flags.set_footer(
      "Examples:\n"
      "  movrec evaluate\n"
      "  movrec evaluate --checkpoint runs/NAME/best.pt --json\n"
      "  movrec evaluate --fail-if 'rmse>0.86'\n"
      "  movrec evaluate --ks 5,10 --relevant-from 4 --per-user lists.csv\n");
  return [=](Invocation& invocation) { return run_evaluate(*fitted, *options, *ranking, invocation); };
}

}  // namespace movrec::cli
