#include "movrec/app/blend.hpp"

#include <algorithm>
#include <optional>

#include "app/run_data.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/json_text.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/eval/held_out.hpp"
#include "movrec/eval/rating_metrics.hpp"
#include "movrec/model/table/blend_model.hpp"
#include "movrec/report/rating_report.hpp"
#include "movrec/report/run_folder.hpp"
#include "movrec/report/table.hpp"
#include "movrec/solve/common/blend_weights.hpp"

namespace movrec {
namespace {

/// Why the runs have no validation rows in common on which all can be judged.
struct Objection {
  const ComparableRun* run;
  std::string_view why;
};

std::optional<Objection> objection_to_validation(const OpenedRuns& opened) {
  for (const ComparableRun& run : opened.runs) {
    if (run.checkpoint.refitted) return Objection{&run, "it was trained on its validation rows (‹refit›)"};
    if (run.split.valid.empty()) return Objection{&run, "it has no validation rows"};
    if (run.split.valid != opened.runs.front().split.valid)
      return Objection{&run, "its validation rows are others than the first run's"};
  }
  return std::nullopt;
}

BlendWeights ridge_weights(const OpenedRuns& opened, double l2) {
  if (const auto objection = objection_to_validation(opened))
    throw Error(
        ErrorKind::usage, fmt::format("‹weights› ridge: {} cannot be weighed", objection->run->path.string()),
        std::string(objection->why), "‹weights› equal, or train all runs without ‹refit› on the same split");
  const Split& split = opened.runs.front().split;
  const Ratings valid = opened.dataset.ratings.subset(split.valid);
  std::vector<std::vector<float>> predictions;
  std::vector<float> stars;
  for (const ComparableRun& run : opened.runs) {
    RowPredictions predicted =
        predict_part(*run.model, {valid, split.valid_queries, &opened.dataset.user_features});
    for (float& s : predicted.stars) s = opened.dataset.stars.clip(s);
    predictions.push_back(std::move(predicted.stars));
    stars.clear();
    for (const std::size_t row : predicted.rows) stars.push_back(valid.stars[row]);
  }
  return fit_blend_weights(predictions, stars, l2);
}

BlendWeights given_weights(const std::vector<std::string>& texts, std::size_t n_runs) {
  std::vector<double> weights;
  for (const std::string& text : texts) {
    double weight = 0;
    set_from_text({Field{.name = "weights", .help = {}, .min = 0, .max = 1e6}, &weight}, text);
    weights.push_back(weight);
  }
  if (weights.size() != n_runs)
    throw Error(ErrorKind::usage, fmt::format("‹weights›: {} given for {} runs", weights.size(), n_runs), {},
                "equal, ridge, or one number for each run");
  double sum = 0;
  for (const double weight : weights) sum += weight;
  if (sum <= 0) fail(ErrorKind::usage, "‹weights›: they add up to nothing");
  for (double& weight : weights) weight /= sum;
  return {weights, 0};
}

BlendWeights choose_weights(const BlendOptions& options, const OpenedRuns& opened) {
  if (options.weights == std::vector<std::string>{"equal"}) return equal_weights(opened.runs.size());
  if (options.weights == std::vector<std::string>{"ridge"}) return ridge_weights(opened, options.l2);
  return given_weights(options.weights, opened.runs.size());
}

}  // namespace

BlendedRun blend_runs(std::span<const std::string> paths,
                      const BlendOptions& options,
                      const OpenOptions& open,
                      const RunSettings& settings,
                      const std::filesystem::path& wanted_folder) {
  OpenedRuns opened = open_runs(paths, open, settings);
  const BlendWeights blend = choose_weights(options, opened);
  const ComparableRun& first = opened.runs.front();
  const Ratings test = opened.test(), train = opened.dataset.ratings.subset(first.split.train);
  const bool validates = !objection_to_validation(opened);
  const Ratings valid = validates ? opened.dataset.ratings.subset(first.split.valid) : Ratings{};

  const UserFeatures& users = opened.dataset.user_features;
  const HeldOut test_part(test, first.split.test_queries, &users),
      valid_part(valid, first.split.valid_queries, &users);

  std::vector<Table::Column> columns{
      {fmt::format("test rows: {}", format_count(static_cast<std::int64_t>(test_part.n_asked()))),
       Table::Align::left},
      {"weight", Table::Align::right},
      {"RMSE", Table::Align::right},
      {"MAE", Table::Align::right}};
  if (validates) columns.push_back({"validation RMSE", Table::Align::right});
  Table table(std::move(columns));
  // A row of the table; the same figures for a script.
  const auto judge = [&](std::string name, std::string weight, const Model& model) {
    const auto scores_on = [&](const HeldOut& part) {
      return evaluate_ratings(model, part, train, opened.dataset.stars).all;
    };
    const RatingScores scores = scores_on(test_part);
    nlohmann::json json{{"test", to_json(scores)}};
    std::vector<std::string> cells{std::move(name), std::move(weight), fmt::format("{:.4f}", scores.rmse()),
                                   fmt::format("{:.4f}", scores.mae())};
    if (validates) {
      const RatingScores validation = scores_on(valid_part);
      json["validation"] = to_json(validation);
      cells.push_back(fmt::format("{:.4f}", validation.rmse()));
    }
    table.add_row(std::move(cells));
    return json;
  };
  Checkpoint checkpoint = first.checkpoint;
  checkpoint.spec = {.algorithm = "blend",
                     .options = {},
                     .n_users = first.checkpoint.spec.n_users,
                     .n_items = first.checkpoint.spec.n_items,
                     .stars = first.checkpoint.spec.stars};
  nlohmann::json members;
  std::vector<std::unique_ptr<Model>> models;
  for (std::size_t m = 0; m < opened.runs.size(); ++m) {
    ComparableRun& run = opened.runs[m];
    nlohmann::json member{{"checkpoint", run.path.string()},
                          {"model", run.checkpoint.spec.algorithm},
                          {"weight", blend.weights[m]}};
    member.update(judge(run.label(), fmt::format("{:.3f}", blend.weights[m]), *run.model));
    members.push_back(std::move(member));
    checkpoint.spec.members.push_back(run.checkpoint.spec);
    models.push_back(std::move(run.model));
  }
  const auto model = make_blend_model(checkpoint.spec, std::move(models), blend.weights, blend.intercept);
  checkpoint.model = model->state();
  checkpoint.trainer.reset();
  checkpoint.epoch = 0;
  checkpoint.metrics = nlohmann::json::object();
  checkpoint.progress = {{"members", members}};

  const nlohmann::json judged = judge("blend", "", *model);
  const std::filesystem::path folder =
      !wanted_folder.empty()
          ? wanted_folder
          : make_run_folder(settings.runs_dir, checkpoint.spec.algorithm, checkpoint.dataset_name);
  keep_data(folder, opened.dataset);
  save_checkpoint(folder / "best.pt", checkpoint);
  BlendedRun run{.folder = folder,
                 .json = {{"schema", "movrec.blend/1"},
                          {"run", folder.string()},
                          {"checkpoint", (folder / "best.pt").string()},
                          {"model", "blend"},
                          {"parameters", model->n_parameters()},
                          {"members", members},
                          {"intercept", blend.intercept}},
                 .text = table.text() + fmt::format("\ncheckpoint: {}\n", (folder / "best.pt").string())};
  if (!opened.caveat().empty()) run.json["caveat"] = opened.caveat();
  run.json.update(judged);
  write_file_atomically(folder / "result.json", json_text(run.json, 2) + "\n");
  return run;
}

}  // namespace movrec
