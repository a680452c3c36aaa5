#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/fitted_runs.hpp"
#include "cli/commands/commands.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/eval/bootstrap.hpp"
#include "movrec/eval/held_out.hpp"
#include "movrec/report/table.hpp"

namespace movrec::cli {
namespace {

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

/// What one run did on the test rows.
struct Compared {
  std::string label, checkpoint, model;
  double rmse = 0, mae = 0;
  double error_correlation = 1;  ///< with the first run's errors
  RmseDifference against_first;
};

/// Pearson's r.
double correlation(std::span<const float> a, std::span<const float> b) {
  double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const auto x = static_cast<double>(a[k]), y = static_cast<double>(b[k]);
    sum_a += x, sum_b += y, aa += x * x, bb += y * y, ab += x * y;
  }
  const auto n = static_cast<double>(a.size());
  const double scale = std::sqrt((aa - sum_a * sum_a / n) * (bb - sum_b * sum_b / n));
  return scale > 0 ? (ab - sum_a * sum_b / n) / scale : 0;
}

std::vector<Compared> compare(const FittedRuns& fitted, const CompareOptions& options) {
  const Ratings test = fitted.test();
  const HeldOut part(test, fitted.runs.front().split.test_queries, &fitted.dataset.user_features);
  std::vector<std::size_t> asked;  // rows of test, the same of each run
  std::vector<std::vector<float>> errors, squares;
  std::vector<Compared> out;
  for (const FittedRun& run : fitted.runs) {
    RowPredictions predicted = predict_part(*run.model, part);
    asked = std::move(predicted.rows);
    auto& error = errors.emplace_back(std::move(predicted.stars));
    auto& square = squares.emplace_back(asked.size());
    double sum = 0, absolute = 0;
    for (std::size_t k = 0; k < asked.size(); ++k) {
      error[k] = fitted.dataset.stars.clip(error[k]) - test.stars[asked[k]];
      square[k] = error[k] * error[k];
      sum += static_cast<double>(square[k]);
      absolute += std::abs(static_cast<double>(error[k]));
    }
    const auto n = static_cast<double>(asked.size());
    out.push_back({.label = run.label(),
                   .checkpoint = run.path.string(),
                   .model = run.checkpoint.spec.algorithm,
                   .rmse = std::sqrt(sum / n),
                   .mae = absolute / n,
                   .error_correlation = correlation(errors.front(), error),
                   .against_first = {}});
  }
  std::vector<std::int32_t> clusters;
  if (options.unit == "users") {
    std::vector<std::int32_t> number_of(static_cast<std::size_t>(test.n_users), -1);
    std::int32_t n_users = 0;
    for (const std::size_t row : asked) {
      std::int32_t& cluster = number_of[index(test.users[row])];
      if (cluster < 0) cluster = n_users++;
      clusters.push_back(cluster);
    }
  }
  const auto differences =
      bootstrap_rmse(squares, clusters, {.resamples = options.resamples, .seed = options.seed});
  for (std::size_t run = 1; run < out.size(); ++run) out[run].against_first = differences[run - 1];
  return out;
}

nlohmann::ordered_json to_json(const std::vector<Compared>& runs,
                               const CompareOptions& options,
                               std::size_t rows) {
  nlohmann::ordered_json json{{"schema", "movrec.compare/1"},
                              {"rows", rows},
                              {"resamples", options.resamples},
                              {"resampled", options.unit},
                              {"seed", options.seed}};
  for (const Compared& run : runs) {
    nlohmann::ordered_json entry{{"checkpoint", run.checkpoint},
                                 {"model", run.model},
                                 {"rmse", run.rmse},
                                 {"mae", run.mae},
                                 {"error_correlation", run.error_correlation}};
    if (&run != &runs.front())
      entry["against_first"] = {{"rmse_difference", run.against_first.difference},
                                {"interval_95", {run.against_first.low, run.against_first.high}},
                                {"share_better", run.against_first.share_better}};
    json["runs"].push_back(std::move(entry));
  }
  return json;
}

std::string to_text(const std::vector<Compared>& runs, const CompareOptions& options, std::size_t rows) {
  using enum Table::Align;
  Table table({{fmt::format("test rows: {}", format_count(static_cast<std::int64_t>(rows))), left},
               {"RMSE", right},
               {"MAE", right},
               {"less the first", right},
               {"95 % interval", right},
               {"error correlation", right}});
  for (const Compared& run : runs) {
    const RmseDifference& d = run.against_first;
    const bool is_first = &run == &runs.front();
    table.add_row({run.label, fmt::format("{:.4f}", run.rmse), fmt::format("{:.4f}", run.mae),
                   is_first ? "" : fmt::format("{:+.4f}", d.difference),
                   is_first ? "" : fmt::format("{:+.4f} to {:+.4f}", d.low, d.high),
                   is_first ? "" : fmt::format("{:.3f}", run.error_correlation)});
  }
  return table.text() + fmt::format("\npaired bootstrap of the RMSE's difference, {} resamples of {}\n",
                                    format_count(options.resamples), options.unit);
}

}  // namespace

Action declare_compare(FlagSet& flags) {
  const auto options = std::make_shared<CompareOptions>();
  const auto fitted = std::make_shared<FittedOptions>();
  flags.add_positional(
      {Field{.name = "runs", .help = "two runs or more: their folders or checkpoints", .value_name = "RUN"},
       &options->runs},
      /*required=*/true);
  flags.bind(*options);
  flags.group("Data");
  for (const OptionRef& option : option_refs(*fitted))
    if (option.field.name != "checkpoint") flags.add(option);
  flags.set_footer(
      "An interval without 0 says that the difference is more than this choice of test rows.\n"
      "Examples:\n"
      "  movrec compare runs/A runs/B\n"
      "  movrec compare runs/A runs/B runs/C --resample users --json");
  return [=](Invocation& invocation) {
    const FittedRuns runs = open_runs(options->runs, *fitted, invocation.global);
    const std::vector<Compared> compared = compare(runs, *options);
    const Ratings test = runs.test();
    const std::size_t rows = HeldOut(test, runs.runs.front().split.test_queries).n_asked();
    *invocation.out << (invocation.global.json ? to_json(compared, *options, rows).dump(2) + "\n"
                                               : to_text(compared, *options, rows));
    return 0;
  };
}

}  // namespace movrec::cli
