#include "cli/blend_runs.hpp"

#include <algorithm>

#include "cli/fitted_runs.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/eval/rating_metrics.hpp"
#include "movrec/model/blend_model.hpp"
#include "movrec/report/run_folder.hpp"
#include "movrec/report/table.hpp"
#include "movrec/solve/blend_weights.hpp"

namespace movrec::cli {
namespace {

BlendWeights ridge_weights(const FittedRuns& fitted, double l2) {
  const FittedRun& first = fitted.runs.front();
  const auto refuse = [](const FittedRun& run, std::string_view why) {
    throw Error(ErrorKind::usage, fmt::format("--weights ridge: {} cannot be weighed", run.path.string()),
                std::string(why), "--weights equal, or train all runs without --refit on the same split");
  };
  for (const FittedRun& run : fitted.runs) {
    if (run.checkpoint.refitted) refuse(run, "it was trained on its validation rows (--refit)");
    if (run.split.valid.empty()) refuse(run, "it has no validation rows");
    if (run.split.valid != first.split.valid)
      refuse(run, "its validation rows are others than the first run's");
  }
  const Ratings valid = fitted.dataset.ratings.subset(first.split.valid);
  std::vector<std::vector<float>> predictions;
  for (const FittedRun& run : fitted.runs) {
    auto& stars = predictions.emplace_back(valid.size());
    run.model->predict_at(valid.users, valid.items, valid.times, stars);
    for (float& s : stars) s = fitted.dataset.stars.clip(s);
  }
  return fit_blend_weights(predictions, valid.stars, l2);
}

BlendWeights given_weights(const std::vector<std::string>& texts, std::size_t n_runs) {
  std::vector<double> weights;
  for (const std::string& text : texts) {
    double weight = 0;
    set_from_text({Field{.name = "weights", .help = {}, .min = 0, .max = 1e6}, &weight}, text);
    weights.push_back(weight);
  }
  if (weights.size() != n_runs)
    throw Error(ErrorKind::usage, fmt::format("--weights: {} given for {} runs", weights.size(), n_runs), {},
                "equal, ridge, or one number for each run");
  double sum = 0;
  for (const double weight : weights) sum += weight;
  if (sum <= 0) fail(ErrorKind::usage, "--weights: they add up to nothing");
  for (double& weight : weights) weight /= sum;
  return {weights, 0};
}

BlendWeights choose_weights(const BlendOptions& options, const FittedRuns& fitted) {
  if (options.weights == std::vector<std::string>{"equal"}) return equal_weights(fitted.runs.size());
  if (options.weights == std::vector<std::string>{"ridge"}) return ridge_weights(fitted, options.l2);
  return given_weights(options.weights, fitted.runs.size());
}

nlohmann::json to_json(const RatingScores& scores) {
  return {{"rmse", scores.rmse}, {"rmse_unclipped", scores.rmse_unclipped}, {"mae", scores.mae},
          {"mse", scores.mse},   {"mse_unclipped", scores.mse_unclipped},   {"rows", scores.rows}};
}

}  // namespace

FinishedRun blend_runs(const std::vector<std::string>& paths,
                       const BlendOptions& options,
                       const FittedOptions& fitted_options,
                       const GlobalOptions& global) {
  FittedRuns fitted = open_runs(paths, fitted_options, global);
  const BlendWeights blend = choose_weights(options, fitted);
  const FittedRun& first = fitted.runs.front();
  const Ratings test = fitted.test(), train = fitted.dataset.ratings.subset(first.split.train);
  const auto scores_of = [&](const Model& model) {
    return evaluate_ratings(model, test, train, fitted.dataset.stars).all;
  };

  Table table({{fmt::format("test rows: {}", format_count(std::ssize(test.stars))), Table::Align::left},
               {"weight", Table::Align::right},
               {"RMSE", Table::Align::right},
               {"MAE", Table::Align::right}});
  const auto add = [&](std::string name, std::string weight, const RatingScores& scores) {
    table.add_row({std::move(name), std::move(weight), fmt::format("{:.4f}", scores.rmse),
                   fmt::format("{:.4f}", scores.mae)});
  };
  Checkpoint checkpoint = first.checkpoint;
  checkpoint.spec = {.algorithm = "blend",
                     .options = {},
                     .n_users = first.checkpoint.spec.n_users,
                     .n_items = first.checkpoint.spec.n_items,
                     .stars = first.checkpoint.spec.stars};
  nlohmann::json members;
  std::vector<std::unique_ptr<Model>> models;
  for (std::size_t m = 0; m < fitted.runs.size(); ++m) {
    FittedRun& run = fitted.runs[m];
    const RatingScores scores = scores_of(*run.model);
    add(run.label(), fmt::format("{:.3f}", blend.weights[m]), scores);
    members.push_back({{"checkpoint", run.path.string()},
                       {"model", run.checkpoint.spec.algorithm},
                       {"weight", blend.weights[m]},
                       {"test", to_json(scores)}});
    checkpoint.spec.members.push_back(run.checkpoint.spec);
    models.push_back(std::move(run.model));
  }
  const auto model = make_blend_model(checkpoint.spec, std::move(models), blend.weights, blend.intercept);
  checkpoint.model = model->state();
  checkpoint.trainer.reset();
  checkpoint.epoch = 0;
  checkpoint.metrics = nlohmann::json::object();
  checkpoint.progress = {{"members", members}};

  const RatingScores scores = scores_of(*model);
  add("blend", "", scores);
  const std::filesystem::path folder =
      make_run_folder(global.runs_dir, checkpoint.spec.algorithm, checkpoint.dataset_name);
  save_checkpoint(folder / "best.pt", checkpoint);
  FinishedRun run{.folder = folder,
                  .json = {{"schema", "movrec.blend/1"},
                           {"run", folder.string()},
                           {"checkpoint", (folder / "best.pt").string()},
                           {"model", "blend"},
                           {"parameters", model->n_parameters()},
                           {"members", members},
                           {"intercept", blend.intercept},
                           {"test", to_json(scores)}},
                  .text = table.text() + fmt::format("\ncheckpoint: {}\n", (folder / "best.pt").string())};
  write_file_atomically(folder / "result.json", run.json.dump(2) + "\n");
  return run;
}

}  // namespace movrec::cli
