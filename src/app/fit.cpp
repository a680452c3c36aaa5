#include "movrec/app/fit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "app/run_data.hpp"
#include "app/train_session.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/file_lock.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/log.hpp"
#include "movrec/ops/machine.hpp"
#include "movrec/report/config_file.hpp"
#include "movrec/report/run_folder.hpp"
#include "movrec/train/common/schedule.hpp"
#include "movrec/train/options.hpp"

namespace movrec {
namespace fs = std::filesystem;

namespace {

/// From so many scores on, users times items, ranking takes longer than many a training (ml-1m has 22
/// million).
constexpr std::int64_t kManyScores = 200'000'000;
constexpr const char* kConfig = "config.toml";
constexpr const char* kLog = "train.log";
/// Of ials, by validation on counts that were drawn: where they follow taste it gains a tenth, where they are chance it loses
/// a thirtieth.
constexpr const char* kConfidenceInCounts = "0.3";
/// How long a run goes on may change.
constexpr std::array<std::string_view, 3> kMayChange{"epochs", "sweeps", "patience"};

Checkpoint base_checkpoint(const FitRequest& request, const Dataset& dataset, const Split& split) {
  Checkpoint base;
  base.spec = {request.algorithm, request.options, dataset.users.size(), dataset.items.size(), dataset.stars};
  base.data = request.data;
  base.split = request.split;
  base.dataset_name = dataset.name;
  base.dataset_checksum = dataset.checksum;
  base.split_digest = split.digest;
  base.users = dataset.users;
  base.items = dataset.items;
  return base;
}

void check_rows(const FitRequest& request,
                const Dataset& dataset,
                const Split& split,
                const Checkpoint* resumed,
                const fs::path& last) {
  if (resumed == nullptr) {
    if (request.needs_test_fraction && !takes_test_fraction(dataset, request.split))
      throw Error(ErrorKind::usage, "‹test-fraction› has no effect: the split gives the test part", {},
                  "leave it out");
  } else if (resumed->dataset_checksum != dataset.checksum || resumed->split_digest != split.digest) {
    throw Error(
        ErrorKind::model, fmt::format("{} belongs to other data", last.string()),
        fmt::format("its run was trained on {} with another checksum or split", resumed->dataset_name));
  }
}

fs::path folder_of(const FitRequest& request, const Dataset& dataset, const fs::path& last) {
  if (!last.empty()) return last.parent_path();
  if (!request.folder.empty()) return request.folder;
  return make_run_folder(request.settings.runs_dir, request.algorithm, dataset.name);
}

/// How the run in that folder is to rank, as its config.toml says; else the defaults. Error{usage} for a bad value.
RankingOptions remembered_ranking(const fs::path& folder) {
  RankingOptions ranking;
  std::error_code absent;
  if (fs::is_regular_file(folder / kConfig, absent))
    set_from_toml(folder / kConfig, "train", option_refs(ranking));
  return ranking;
}

/// Whether the resumed run's config.toml says something else, or is lost.
bool is_changed(const FitRequest& request, const Checkpoint& resumed, const fs::path& folder) {
  std::error_code absent;
  return !fs::is_regular_file(folder / kConfig, absent) ||
         request.options.to_json() != resumed.spec.options.to_json() ||
         options_to_json(request.ranking) != options_to_json(remembered_ranking(folder));
}

/// A schedule that spans its run means another rate at the same epoch when there are more of them: after its end,
/// where the rate is next to nothing, the peak.
void check_schedule(const FitRequest& request, const Checkpoint& last, const fs::path& folder) {
  const auto was = last.spec.options.as<TrainOptions>();
  const int epochs = request.options.as<TrainOptions>().epochs;
  const auto history = last.progress.find("history");
  if (!spans_run(was) || epochs == was.epochs || history == last.progress.end() || history->empty()) return;
  const nlohmann::json& lr = history->back().at("lr");
  const double rate = lr.is_null() ? 0 : lr.get<double>();
  if (rate <= 0) return;  // its solver knows none
  const std::string what =
      fmt::format("the schedule {} spans the {} epochs of this run", was.schedule, was.epochs);
  if (last.epoch >= was.epochs && epochs > was.epochs)
    throw Error(ErrorKind::usage, fmt::format("‹epochs› {}: {}, which are done", epochs, what),
                fmt::format("its learning rate has come down to {:.2g} and would start again near {:.2g}",
                            rate, was.lr),
                fmt::format("movrec train ‹config› {} ‹epochs› {}", (folder / kConfig).string(), epochs));
  log_warning("{}: with {} its learning rate goes on from another place than {:.2g}", what, epochs, rate);
}

/// The request as this data can be trained on, from anywhere: without stars every line says that somebody took something,
/// and counts how surely. Error{usage} for models that predict stars.
FitRequest adapted(const FitRequest& asked, const Dataset& dataset) {
  FitRequest request = asked;
  request.data = with_absolute_paths(request.data);
  const OptionRefs options = request.options.refs();
  const OptionRef* confidence = find_option(options, "confidence");
  if (confidence != nullptr && to_text(*confidence) == "-1")
    set_from_text(*confidence, dataset.feedback == Feedback::counts ? kConfidenceInCounts : "0");
  if (dataset.has_stars()) return request;
  const auto ranks = [](const ModelOptions& of_model) { return of_model.has("positive-from"); };
  if (!ranks(request.options) && request.algorithm != "popularity") {
    std::vector<std::string_view> rankers{"popularity"};
    for (const Algorithm& algorithm : algorithms())
      if (algorithm.fit != nullptr && ranks(default_options(algorithm))) rankers.push_back(algorithm.name);
    throw Error(ErrorKind::usage,
                fmt::format("{} predicts stars, and {} has none", request.algorithm, dataset.name),
                dataset.feedback == Feedback::counts ? "its counts say how often somebody took what"
                                                     : "its lines say who took what, not how he liked it",
                fmt::format("a model that ranks: ‹model› {}", fmt::join(rankers, "|")));
  }
  if (const OptionRef* option = find_option(options, "positive-from")) set_from_text(*option, "0");
  return request;
}

/// `resumed` and `last` (its path) of a run that goes on; null and empty for a new one.
Fit fit_with(const FitRequest& asked, const Checkpoint* resumed, const fs::path& last) {
  set_threads(asked.settings.threads);
  Fit fit;
  fit.device = resolve_device(asked.settings.device);
  if (asked.options.as<TrainOptions>().amp && fit.device == "cpu")
    throw Error(ErrorKind::usage, "‹amp› needs a GPU", "on the CPU bfloat16 would be slower",
                "‹device› cuda, or leave out ‹amp›");

  Dataset dataset = resumed == nullptr ? load_dataset(asked.data, asked.cache)
                                       : data_of_run(*resumed, last, {}, asked.cache);
  const FitRequest request = adapted(asked, dataset);
  Split split = make_split(dataset, request.split);
  check_rows(request, dataset, split, resumed, last);
  log_info("{}: {} users, {} items; {} train, {} validation, {} test rows", dataset.name,
           dataset.users.size(), dataset.items.size(), split.train.size(), split.valid.size(),
           split.test.size());

  if (!split.note.empty()) log_info("{}: {}", shown_split(request.split), split.note);
  Checkpoint base = base_checkpoint(request, dataset, split);
  fit.spec = base.spec;
  const fs::path folder = folder_of(request, dataset, last);
  if (resumed == nullptr) keep_data(folder, dataset);
  RatingParts parts = take_parts(std::move(dataset.ratings), split);
  fit.test = std::make_unique<SealedTest>(std::move(parts.test), std::move(split.test_queries));
  fit.rows = std::make_unique<FitRows>(FitRows{std::move(parts.train), std::move(parts.valid),
                                               std::move(split.valid_queries), std::move(dataset),
                                               std::move(split.caveat)});
  split = {};
  FitRows& rows = *fit.rows;
  const SideInfo side{rows.dataset.catalog, rows.dataset.user_features};
  const HeldOut valid(rows.valid, rows.valid_queries, &side.users);

  const LogFile log_file(folder / kLog);
  const auto lock = FileLock::try_lock(folder / kLog);
  if (!lock)
    throw Error(ErrorKind::failure, fmt::format("{} is being trained by another process", folder.string()),
                {}, "wait for its end");
  if (resumed == nullptr || is_changed(request, *resumed, folder))
    write_file_atomically(folder / kConfig, resolved_config(request));
  if (!rows.caveat.empty()) log_warning("{} is {}", shown_split(request.split), rows.caveat);
  const bool wants_refit = request.options.as<FitOptions>().refit && rows.valid.size() > 0;
  TrainSession session(folder, std::move(base), rows.train, valid, side, fit.device,
                       wants_refit ? request.time_budget / 2 : request.time_budget);
  if (resumed != nullptr) session.resume(*resumed);
  fit.model = session.fit();
  if (wants_refit && !session.interrupted()) {
    rows.train.append(rows.valid);
    fit.model = session.refit(rows.train);
  }
  if (session.interrupted()) throw RunInterrupted(stop_signal(), folder);
  check_stop();
  fit.summary = session.summary();
  return fit;
}

}  // namespace

StartedRun read_started_run(const fs::path& last, std::span<const OptionChange> changes) {
  StartedRun run{.last = last, .checkpoint = load_checkpoint(last), .request = {}, .test = {}};
  FitRequest& request = run.request;
  request.algorithm = run.checkpoint.spec.algorithm;
  request.options = run.checkpoint.spec.options;
  request.data = run.checkpoint.data;
  request.split = run.checkpoint.split;
  request.ranking = remembered_ranking(last.parent_path());
  const OptionRefs of_ranking = option_refs(request.ranking), of_model = request.options.refs();
  for (const OptionChange& change : changes) {
    const OptionRef* option = find_option(of_ranking, change.name);
    if (option == nullptr && std::ranges::find(kMayChange, change.name) == kMayChange.end())
      throw Error(
          ErrorKind::usage, fmt::format("{} cannot change in a resumed run", change.shown),
          "model, data and split come from its checkpoint; ‹epochs›, ‹sweeps› and ‹patience› may be given");
    if (option == nullptr) option = find_option(of_model, change.name);
    if (option == nullptr)
      fail(ErrorKind::usage, "{} has no effect with model {}", change.shown, request.algorithm);
    set_from_text(*option, change.value);
  }
  run.test.ranking = request.ranking;
  // What differs from the defaults was asked for, now or when the run began.
  run.test.ranks_slow_models = options_to_json(request.ranking) != options_to_json(RankingOptions{});
  return run;
}

Fit fit_run(const FitRequest& request) {
  return fit_with(request, nullptr, {});
}

Fit resume_run(const StartedRun& run) {
  check_schedule(run.request, run.checkpoint, run.last.parent_path());
  return fit_with(run.request, &run.checkpoint, run.last);
}

TestSummary test_run(const Fit& fit, const TestOptions& options) {
  const FitRows& rows = *fit.rows;
  const SideInfo side{rows.dataset.catalog, rows.dataset.user_features};
  const HeldOut test(fit.test->rows_, fit.test->queries_, &side.users);
  TestSummary summary;
  if (measures_ranking(find_algorithm(fit.spec.algorithm), fit.spec.n_users, fit.spec.n_items,
                       options.ranking, options.ranks_slow_models))
    summary.ranking =
        report_ranking(*fit.model, test, {&rows.train, &rows.valid}, side, options.ranking, rows.caveat);
  const StarScale stars = rows.dataset.stars;
  if (fit.model->scores_are_stars()) summary.rating = evaluate_ratings(*fit.model, test, rows.train, stars);
  summary.references = evaluate_references(test, rows.train, stars);
  summary.caveat = rows.caveat;
  summary.best_possible_rmse = rows.dataset.best_rmse;
  if (options.profile) summary.gemm_gflops = gemm_gflops(1, fit.device);
  return summary;
}

TrainedRun finish_run(Fit fit, const TestOptions& options) {
  TestSummary test = test_run(fit, options);
  write_run_report(fit.summary, test);
  return {std::move(fit.summary), std::move(test)};
}

bool measures_ranking(const Algorithm& algorithm,
                      std::int64_t n_users,
                      std::int64_t n_items,
                      const RankingOptions& options,
                      bool may_be_slow) {
  if (options.ks.empty()) return false;
  const bool is_large = n_users * n_items > kManyScores;
  if ((algorithm.ranks_slowly || is_large) && !may_be_slow) {
    log_info("scores of all items take long {}: `movrec evaluate` measures ranking, or ‹ks›",
             is_large ? "on so much data" : fmt::format("with {}", algorithm.name));
    return false;
  }
  return true;
}

OptionRefs all_options(FitRequest& request) {
  OptionRefs all = option_refs(request);
  for (OptionRef& option : request.options.refs()) all.push_back(std::move(option));
  return all;
}

std::string resolved_config(const FitRequest& request) {
  FitRequest copy = request;
  return to_toml("train", all_options(copy));
}

}  // namespace movrec
