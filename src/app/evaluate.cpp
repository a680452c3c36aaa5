#include "movrec/app/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "movrec/app/fit.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/log.hpp"
#include "movrec/report/csv.hpp"
#include "movrec/report/ranking_report.hpp"

namespace movrec {
namespace {

void write_predictions(const std::string& path, const OpenedRun& run, const HeldOut& part) {
  write_stream_atomically(path, [&](std::ostream& file) {
    file << "user,item,rating,prediction\n";
    for_each_prediction(*run.model, part, [&](std::size_t row, float stars) {
      file << csv_line({run.dataset.users.id(part.rows.users[row]).text,
                        run.dataset.items.id(part.rows.items[row]).text, fmt::to_string(part.rows.stars[row]),
                        fmt::to_string(run.dataset.stars.clip(stars))});
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

/// What the ranking of this part is, if it is to be measured.
std::optional<RankingReport> rank_part(const OpenedRun& run,
                                       const HeldOut& part,
                                       const EvaluateOptions& options,
                                       const RankingOptions& ranking,
                                       bool is_trained_on,
                                       bool asked) {
  if (is_trained_on) {
    if (asked)
      fail(ErrorKind::usage, "‹part› {}: trained rows are left out of lists, so ranking them means nothing",
           options.part);
    return std::nullopt;
  }
  const Algorithm& algorithm = find_algorithm(run.algorithm());
  if (!measures_ranking(algorithm, run.train.n_users, run.train.n_items, ranking, /*may_be_slow=*/true))
    return std::nullopt;
  // By the time of the test, validation ratings are known.
  const Ratings valid =
      run.dataset.ratings.subset(options.part == "test" ? run.split.valid : std::vector<RowIdx>());
  return report_ranking(*run.model, part, {&run.train, &valid},
                        {run.dataset.catalog, run.dataset.user_features}, ranking, run.split.caveat);
}

std::vector<Gate> gates_of(const EvaluateOptions& options) {
  std::vector<Gate> gates;
  for (const std::string& text : options.fail_if) gates.push_back(parse_gate(text));
  return gates;
}

/// The figure that a gate is about. Error{usage} if it was not measured.
double value_of(const Gate& gate, const EvaluationReport& report) {
  return value_of(gate, report.rating ? &report.rating->all : nullptr,
                  report.ranking ? &report.ranking->model : nullptr);
}

}  // namespace

EvaluationReport evaluate_run(const EvaluateRequest& request) {
  const EvaluateOptions& options = request.options;
  const std::vector<Gate> gates = gates_of(options);
  const bool asks = (request.asks_for_ranking && !request.ranking.ks.empty()) || !options.per_user.empty() ||
                    std::ranges::any_of(gates, &Gate::is_of_ranking);
  if (asks && request.ranking.ks.empty() && !options.per_user.empty())
    fail(ErrorKind::usage, "‹per-user›: ‹ks› '' measures no ranking");

  const OpenedRun run = open_run(request.open, request.settings);
  const Checkpoint& checkpoint = run.checkpoint;
  warn_of_added_ratings(run.path, checkpoint);
  const bool is_trained_on = options.part == "train" || (options.part == "valid" && checkpoint.refitted);
  if (is_trained_on)
    log_warning("the model was trained on the {} rows: their errors say nothing about new ratings",
                options.part);
  EvaluationReport report{.checkpoint = run.path,
                          .algorithm = run.algorithm(),
                          .dataset = checkpoint.dataset_name,
                          .part = options.part,
                          .caveat = options.part == "test" ? run.split.caveat : std::string(),
                          .rating = {},
                          .references = {},
                          .ranking = {},
                          .coverage = {}};
  if (!run.split.note.empty()) log_info("{}: {}", shown_split(checkpoint.split), run.split.note);
  if (!report.caveat.empty()) log_warning("{} is {}", shown_split(checkpoint.split), report.caveat);
  const Ratings rows = run.dataset.ratings.subset(rows_of(run.split, options.part));
  if (rows.size() == 0) fail(ErrorKind::usage, "‹part› {}: this split has no such rows", options.part);
  const HeldOut part(rows, queries_of(run.split, options.part), &run.dataset.user_features);

  report.ranking = rank_part(run, part, options, request.ranking, is_trained_on, asks);
  if (run.model->scores_are_stars())
    report.rating = evaluate_ratings(*run.model, part, run.train, run.dataset.stars);
  report.references = evaluate_references(part, run.train, run.dataset.stars);
  for (const Gate& gate : gates) value_of(gate, report);
  if (options.uncertainty) report.coverage = evaluate_coverage(*run.model, rows);
  if (!options.predictions.empty()) write_predictions(options.predictions, run, part);
  if (!options.per_user.empty()) write_cases(options.per_user, *report.ranking, run.dataset.users);
  return report;
}

void hold_gates(const EvaluateOptions& options, const EvaluationReport& report) {
  std::string failed;
  for (const Gate& gate : gates_of(options))
    if (const double value = value_of(gate, report); fails(gate, value))
      failed += fmt::format("{}{} is {:.6g}, fails if {}", failed.empty() ? "" : "; ", gate.metric, value,
                            gate.text);
  if (!failed.empty()) fail(ErrorKind::gate, "quality gate: {}", failed);
}

}  // namespace movrec
