#include "app/train_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "movrec/core/files.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/eval/validation.hpp"
#include "movrec/report/svg_plot.hpp"
#include "movrec/report/table.hpp"

namespace movrec::cli {
namespace {

nlohmann::json scores_json(const RatingScores& scores) {
  return {{"rmse", scores.rmse}, {"rmse_unclipped", scores.rmse_unclipped}, {"mae", scores.mae},
          {"mse", scores.mse},   {"mse_unclipped", scores.mse_unclipped},   {"rows", scores.rows}};
}

/// What was not measured is null.
nlohmann::json test_json(const TrainResult& result) {
  nlohmann::json json = scores_json(result.test.value_or(RatingReport{}).all);
  if (!result.test)
    for (auto& value : json) value = nullptr;
  json["rows"] = result.references.constant.all.rows;
  return json;
}

std::string_view selects_by(const TrainResult& result) {
  return find_algorithm(result.spec.algorithm).selects_by;
}

/// A figure by epoch, where it was taken: 0 stands for none.
Series series_of(const nlohmann::json& history, const std::string& key, const std::string& label) {
  Series series{.label = label, .x = {}, .y = {}};
  for (const auto& epoch : history) {
    const auto y = epoch.at(key).get<double>();
    if (y <= 0) continue;
    series.x.push_back(epoch.at("epoch").get<double>());
    series.y.push_back(y);
  }
  return series;
}

}  // namespace

nlohmann::json result_json(const TrainResult& result) {
  const TrainSession& session = result.session;
  const double rate = session.seconds() > 0 ? static_cast<double>(session.rows()) / session.seconds() : 0;
  nlohmann::json valid{{"rmse", nullptr}};
  if (session.best_valid()) valid[std::string(selects_by(result))] = *session.best_valid();
  nlohmann::json json = {{"schema", "movrec.train/1"},
                         {"run", result.folder.string()},
                         {"checkpoint", session.best_path().string()},
                         {"model", result.spec.algorithm},
                         {"parameters", session.n_parameters()},
                         {"epochs", session.epochs()},
                         {"best_epoch", session.best_epoch()},
                         {"seed", result.spec.options.train.seed},
                         {"valid", std::move(valid)},
                         {"test", test_json(result)},
                         {"references",
                          {{"constant", scores_json(result.references.constant.all)},
                           {"bias", scores_json(result.references.bias.all)}}},
                         {"seconds", session.seconds()},
                         {"rows_per_second", rate}};
  if (result.ranking) add_ranking(json, "test", *result.ranking);
  if (!result.caveat.empty()) json["caveat"] = result.caveat;
  if (result.gemm_gflops) {
    const Profile& profile = session.profile();
    json["profile"] = {
        {"gflops", profile.gflops()}, {"gemm_gflops", *result.gemm_gflops}, {"phases", profile.phases}};
  }
  return json;
}

std::string profile_text(const TrainResult& result) {
  using Align = Table::Align;
  const Profile& profile = result.session.profile();
  if (profile.phases.empty())
    return fmt::format("no profile: {} has no training steps to take apart\n\n", result.spec.algorithm);
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
             100 * profile.gflops() / *result.gemm_gflops, *result.gemm_gflops);
}

std::string result_text(const TrainResult& result) {
  using Align = Table::Align;
  Table table({{"test rows: " + format_count(result.references.constant.all.rows), Align::left},
               {"RMSE", Align::right},
               {"MAE", Align::right}});
  const auto add = [&](const std::string& name, const RatingScores& scores) {
    table.add_row({name, fmt::format("{:.4f}", scores.rmse), fmt::format("{:.4f}", scores.mae)});
  };
  if (result.test) add(result.spec.algorithm, result.test->all);
  add("bias (reference)", result.references.bias.all);
  add("constant (reference)", result.references.constant.all);
  if (result.best_possible_rmse)
    table.add_row({"best possible", fmt::format("{:.4f}", *result.best_possible_rmse), ""});
  std::string text = (result.gemm_gflops ? profile_text(result) : "") + table.text();
  const TrainSession& session = result.session;
  if (result.ranking)
    text += fmt::format("\n{}", ranking_table(result.spec.algorithm, *result.ranking, /*all_ks=*/false));
  text += session.best_valid()
              ? fmt::format("\nvalidation {} {:.4f}", heading_of(selects_by(result)), *session.best_valid())
              : std::string("\nno validation rows");
  if (session.epochs() > 0)
    text += fmt::format(" in {} {} of {}",
                        find_algorithm(result.spec.algorithm).averages_sweeps ? "sweep" : "epoch",
                        session.best_epoch(), session.epochs());
  text += fmt::format("; training took {:.{}f} s", session.seconds(), session.seconds() < 10 ? 2 : 1);
  return text + fmt::format("\ncheckpoint: {}\n", session.best_path().string());
}

void write_run_report(const TrainResult& result) {
  write_file_atomically(result.folder / "result.json", result_json(result).dump(2) + "\n");
  const nlohmann::json& history = result.session.history();
  if (history.empty()) return;
  const auto plot = [&](const std::string& file, std::string_view what, std::vector<Series> series) {
    std::erase_if(series, [](const Series& one) { return one.x.empty(); });
    if (!series.empty())
      write_file_atomically(result.folder / (file + ".svg"),
                            line_plot(result.spec.algorithm, "epoch", what, series));
  };
  const std::string metric(selects_by(result));
  std::vector<Series> errors{series_of(history, "valid_" + metric, "validation")};
  if (metric == "rmse" && result.spec.options.net.loss == "mse") {  // other losses are no squared errors
    errors.insert(errors.begin(), series_of(history, "train_loss", "training"));
    for (double& loss : errors.front().y) loss = std::sqrt(loss);
  }
  plot(metric, heading_of(metric), std::move(errors));
  plot("lr", "learning rate", {series_of(history, "lr", "learning rate")});
}

}  // namespace movrec::cli
