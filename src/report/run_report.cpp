#include "movrec/report/run_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "movrec/core/files.hpp"
#include "movrec/core/json_text.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/eval/validation.hpp"
#include "movrec/report/ranking_report.hpp"
#include "movrec/report/rating_report.hpp"
#include "movrec/report/svg_plot.hpp"
#include "movrec/report/table.hpp"

namespace movrec {
namespace {

/// What was not measured is null.
nlohmann::json test_json(const TestSummary& test) {
  nlohmann::json json = to_json(test.rating.value_or(RatingReport{}).all);
  json["rows"] = test.references.constant.all.rows;
  return json;
}

/// A figure by epoch, where it was measured.
Series series_of(const nlohmann::json& history, const std::string& key, const std::string& label) {
  Series series{.label = label, .x = {}, .y = {}};
  for (const auto& epoch : history) {
    const auto& value = epoch.at(key);
    const double y = value.is_null() ? 0 : value.get<double>();  // once 0 was written for null
    if (y <= 0) continue;
    series.x.push_back(epoch.at("epoch").get<double>());
    series.y.push_back(y);
  }
  return series;
}

/// Where the time of training went and how near it is to the speed of matrix products.
std::string profile_text(const FitSummary& fit, double gemm_gflops) {
  using Align = Table::Align;
  const Profile& profile = fit.profile;
  if (profile.phases.empty())
    return fmt::format("no profile: {} has no training steps to take apart\n\n", fit.algorithm);
  Table table({{"phase of training", Align::left}, {"seconds", Align::right}, {"share", Align::right}});
  double named = 0;
  const auto add = [&](const std::string& name, double seconds) {
    named += seconds;
    table.add_row(
        {name, fmt::format("{:.2f}", seconds), fmt::format("{:.0f} %", 100 * seconds / profile.seconds)});
  };
  for (const auto& [name, seconds] : profile.phases) add(name, seconds);
  add("the rest", profile.seconds - named);
  return table.text() +
         fmt::format(
             "\n{:.1f} GFLOP/s for the net's {:.1f} kFLOP a row: {:.0f} % of the {:.0f} GFLOP/s of "
             "large matrix products\n\n",
             profile.gflops(), 1e-3 * profile.flops / static_cast<double>(profile.rows),
             100 * profile.gflops() / gemm_gflops, gemm_gflops);
}

}  // namespace

nlohmann::json run_json(const FitSummary& fit, const TestSummary& test) {
  const double rate = fit.seconds > 0 ? static_cast<double>(fit.rows) / fit.seconds : 0;
  nlohmann::json valid{{"rmse", nullptr}};
  if (fit.best_valid) valid[fit.selects_by] = *fit.best_valid;
  nlohmann::json json = {{"schema", "movrec.train/1"},
                         {"run", fit.folder.string()},
                         {"checkpoint", fit.checkpoint.string()},
                         {"model", fit.algorithm},
                         {"parameters", fit.n_parameters},
                         {"epochs", fit.epochs},
                         {"best_epoch", fit.best_epoch},
                         {"seed", fit.seed},
                         {"valid", std::move(valid)},
                         {"test", test_json(test)},
                         {"references",
                          {{"constant", nlohmann::json(to_json(test.references.constant.all))},
                           {"bias", nlohmann::json(to_json(test.references.bias.all))}}},
                         {"seconds", fit.seconds},
                         {"rows_per_second", rate}};
  if (test.ranking) add_ranking(json, "test", *test.ranking);
  if (!test.caveat.empty()) json["caveat"] = test.caveat;
  if (test.gemm_gflops)
    json["profile"] = {
        {"gflops", fit.profile.gflops()}, {"gemm_gflops", *test.gemm_gflops}, {"phases", fit.profile.phases}};
  return json;
}

std::string run_text(const FitSummary& fit, const TestSummary& test) {
  using Align = Table::Align;
  Table table({{"test rows: " + format_count(test.references.constant.all.rows), Align::left},
               {"RMSE", Align::right},
               {"MAE", Align::right}});
  const auto add = [&](const std::string& name, const RatingScores& scores) {
    table.add_row({name, fmt::format("{:.4f}", scores.rmse()), fmt::format("{:.4f}", scores.mae())});
  };
  if (test.rating) add(fit.algorithm, test.rating->all);
  add("bias (reference)", test.references.bias.all);
  add("constant (reference)", test.references.constant.all);
  if (test.best_possible_rmse)
    table.add_row({"best possible", fmt::format("{:.4f}", *test.best_possible_rmse), ""});
  std::string text = (test.gemm_gflops ? profile_text(fit, *test.gemm_gflops) : "") + table.text();
  if (test.ranking)
    text += fmt::format("\n{}", ranking_table(fit.algorithm, *test.ranking, /*all_ks=*/false));
  text += fit.best_valid ? fmt::format("\nvalidation {} {:.4f}", heading_of(fit.selects_by), *fit.best_valid)
                         : std::string("\nno validation rows");
  if (fit.epochs > 0)
    text +=
        fmt::format(" in {} {} of {}", fit.averages_sweeps ? "sweep" : "epoch", fit.best_epoch, fit.epochs);
  text += fmt::format("; training took {:.{}f} s", fit.seconds, fit.seconds < 10 ? 2 : 1);
  return text + fmt::format("\ncheckpoint: {}\n", fit.checkpoint.string());
}

void write_run_report(const FitSummary& fit, const TestSummary& test) {
  write_file_atomically(fit.folder / "result.json", json_text(run_json(fit, test), 2) + "\n");
  if (fit.history.empty()) return;
  const auto plot = [&](const std::string& file, std::string_view what, std::vector<Series> series) {
    std::erase_if(series, [](const Series& one) { return one.x.empty(); });
    if (!series.empty())
      write_file_atomically(fit.folder / (file + ".svg"), line_plot(fit.algorithm, "epoch", what, series));
  };
  const std::string& metric = fit.selects_by;
  std::vector<Series> errors{series_of(fit.history, "valid_" + metric, "validation")};
  if (metric == "rmse" && fit.loss_is_squared_error) {
    errors.insert(errors.begin(), series_of(fit.history, "train_loss", "training"));
    for (double& loss : errors.front().y) loss = std::sqrt(loss);
  }
  plot(metric, heading_of(metric), std::move(errors));
  plot("lr", "learning rate", {series_of(fit.history, "lr", "learning rate")});
}

}  // namespace movrec
