#include "app/train_session.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "movrec/core/files.hpp"
#include "movrec/core/json_text.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/eval/validation.hpp"
#include "movrec/net/options.hpp"
#include "movrec/ops/machine.hpp"
#include "movrec/train/common/options.hpp"

namespace movrec {
namespace {

constexpr const char* kMetrics = "metrics.jsonl";
constexpr std::int64_t kSaveEveryMs = 5000;
constexpr std::int64_t kSaveShare = 50;  ///< saving takes at most one part in so many of the time
constexpr int kSweepLines = 20;          ///< of the log, for all sweeps of a sampler

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// An epoch's figure; 0 where none was measured (null, and 0 in checkpoints of before).
double figure_of(const nlohmann::json& epoch, const std::string& key) {
  const nlohmann::json& value = epoch.at(key);
  return value.is_null() ? 0 : value.get<double>();
}

}  // namespace

TrainSession::TrainSession(std::filesystem::path folder,
                           Checkpoint base,
                           const Ratings& train,
                           const HeldOut& valid,
                           const SideInfo& side,
                           std::string device,
                           double time_budget)
    : folder_(std::move(folder)),
      base_(std::move(base)),
      train_(train),
      valid_(valid),
      side_(side),
      device_(std::move(device)),
      time_budget_(time_budget),
      algorithm_(find_algorithm(base_.spec.algorithm)),
      valid_key_(fmt::format("valid_{}", algorithm_.selects_by)),
      keeps_last_(algorithm_.averages_sweeps || valid.rows.size() == 0),
      early_stop_(base_.spec.options.as<EpochOptions>().patience,
                  base_.spec.options.as<EpochOptions>().min_delta,
                  higher_is_better(algorithm_.selects_by)) {}

nlohmann::json TrainSession::to_json(const EpochStats& stats) const {
  // Samplers validate some of their sweeps only.
  const bool has_valid = valid_.rows.size() > 0 && (stats.valid != 0 || !algorithm_.averages_sweeps);
  return {{"epoch", stats.epoch},
          {"train_loss", stats.train_loss},
          {valid_key_, has_valid ? nlohmann::json(stats.valid) : nlohmann::json()},
          {"lr", stats.lr > 0 ? nlohmann::json(stats.lr) : nlohmann::json()},
          {"seconds", stats.seconds},
          {"rows", stats.rows}};
}

void TrainSession::resume(const Checkpoint& last) {
  if (!last.trainer)
    throw Error(ErrorKind::model, "this checkpoint cannot be resumed",
                "it holds a model but no state of its training", "‹resume› with the run's last.pt");
  history_ = last.progress.at("history");
  for (const auto& epoch : history_) {
    early_stop_.improved(epoch.at("epoch").get<int>(), figure_of(epoch, valid_key_));
    seconds_ += epoch.at("seconds").get<double>();
    rows_ += epoch.at("rows").get<std::int64_t>();
  }
  // Epochs that were logged after the last saving are trained again.
  std::string lines;
  for (const auto& epoch : history_) lines += json_text(epoch) + "\n";
  write_file_atomically(folder_ / kMetrics, lines);
  resumed_ = last;
}

std::unique_ptr<Model> TrainSession::fit() {
  FitContext context{.spec = base_.spec, .train = train_, .side = &side_, .device = device_};
  context.time_budget = time_budget_;
  context.higher_is_better = higher_is_better(algorithm_.selects_by);
  fit_began_ms_ = now_ms();
  if (resumed_) context.resume.emplace(FitState{resumed_->model, *resumed_->trainer});
  context.on_start = [&](const Model& model) { on_start(model, train_); };
  if (valid_.rows.size() > 0) {
    context.validate = make_validation(algorithm_.selects_by, valid_, train_, side_, base_.spec.stars);
    context.validate_pairs = make_pair_validation(algorithm_.selects_by, valid_, base_.spec.stars);
  }
  if (!context.validate) keeps_last_ = true;  // there is nothing to choose an epoch by
  context.on_epoch = [&](const EpochReport& report) { return on_epoch(report); };
  std::unique_ptr<Model> model;
  try {
    model = fit_timed(context);
  } catch (...) {
    save_best();
    throw;
  }
  if (!algorithm_.has_epochs()) {
    on_start(*model, train_);
    if (context.validate) early_stop_.improved(0, context.validate(*model));
    keeps_last_ = false;
    best_state_ = model->state();
  }
  save_best();
  const bool is_stopped = stop_signal() != 0;
  if (is_stopped && !algorithm_.has_epochs())
    log_warning("{} is finished; go on with: movrec evaluate ‹checkpoint› {}", algorithm_.name,
                best_path().string());
  interrupted_ = is_stopped && algorithm_.has_epochs();
  if (is_stopped || !algorithm_.has_epochs()) return model;
  return load_model(load_checkpoint(best_path()));
}

/// Epochs report their time themselves.
std::unique_ptr<Model> TrainSession::fit_timed(const FitContext& context) {
  const std::int64_t began_ms = now_ms();
  auto model = algorithm_.fit(context);
  if (!algorithm_.has_epochs()) {
    seconds_ += 1e-3 * static_cast<double>(now_ms() - began_ms);
    rows_ += static_cast<std::int64_t>(context.train.size());
  }
  return model;
}

std::unique_ptr<Model> TrainSession::refit(const Ratings& rows) {
  log_info("refit on {} rows, {} {}s", format_count(static_cast<std::int64_t>(rows.size())), best_epoch(),
           epoch_word());
  FitContext context{.spec = base_.spec, .train = rows, .side = &side_, .device = device_};
  context.last_epoch = best_epoch();
  context.higher_is_better = higher_is_better(algorithm_.selects_by);
  context.replayed = valid_history();
  context.on_epoch = [&](const EpochReport& report) {
    if (report.stats.interrupted) return true;
    EpochStats stats = report.stats;
    stats.valid = 0;  // replayed from the first fit: these rows are trained on now
    log_epoch(stats, false);
    count(report.stats);
    return false;
  };
  auto model = fit_timed(context);
  interrupted_ = stop_signal() != 0;
  if (interrupted_) return model;
  base_.refitted = true;
  best_state_ = model->state();
  save_best();
  return model;
}

void TrainSession::on_start(const Model& model, const Ratings& rows) {
  n_parameters_ = model.n_parameters();
  const MachineInfo machine = machine_info();
  const std::string core = machine.blas.core.empty() ? "" : fmt::format(" {}", machine.blas.core);
  log_info("{}: {} parameters, {} training rows, {}, {} threads, {}{}", base_.spec.algorithm,
           format_count(n_parameters_), format_count(static_cast<std::int64_t>(rows.size())), device_,
           machine.threads, machine.blas.name, core);
  if (machine.blas.slow)
    log_warning("{} multiplies matrices 30 to 60 times slower than OpenBLAS; try: {}", machine.blas.name,
                kBlasRemedy);
  saved_at_ms_ = now_ms();
}

bool TrainSession::on_epoch(const EpochReport& report) {
  if (report.stats.interrupted) {
    log_warning("interrupted in {} {}; saving {}", epoch_word(), report.stats.epoch, last_path().string());
    save(report, /*now=*/true);
    return true;
  }
  const EpochStats& stats = report.stats;
  history_.push_back(to_json(stats));
  append_line(folder_ / kMetrics, json_text(history_.back()));
  count(stats);
  const bool is_best = early_stop_.improved(stats.epoch, stats.valid);
  if (is_best && !keeps_last_) best_state_ = report.model.state();
  log_epoch(stats, is_best && !keeps_last_);
  const bool is_patient = keeps_last_ || !early_stop_.should_stop(stats.epoch);
  const bool stop = !is_patient || is_out_of_time();
  if (!is_patient)
    log_info("no better validation {} for {} epochs: stopping", heading_of(algorithm_.selects_by),
             stats.epoch - best_epoch());
  else if (stop && stats.epoch < stats.epochs)
    log_info("the time budget of {:.0f} s is spent: stopping", time_budget_);
  save(report, stop || stats.epoch == stats.epochs || stop_signal() != 0);
  return stop;
}

bool TrainSession::is_out_of_time() const {
  return time_budget_ > 0 && !algorithm_.averages_sweeps &&
         static_cast<double>(now_ms() - fit_began_ms_) >= 1000 * time_budget_;
}

void TrainSession::count(const EpochStats& stats) {
  seconds_ += stats.seconds;
  rows_ += stats.rows;
  profile_.seconds += stats.seconds;
  profile_.rows += stats.rows;
  profile_.flops += stats.flops;
  if (profile_.phases.empty()) {
    profile_.phases = stats.phases;
  } else {
    for (std::size_t i = 0; i < profile_.phases.size(); ++i)
      profile_.phases[i].second += stats.phases[i].second;
  }
}

void TrainSession::log_epoch(const EpochStats& stats, bool is_best) const {
  const int sweeps_per_line = std::max(stats.epochs / kSweepLines, 1);
  if (algorithm_.averages_sweeps && stats.epoch % sweeps_per_line != 0 && stats.epoch != stats.epochs) return;
  const std::string valid = stats.valid > 0
                                ? fmt::format("  validation {} {:.4f}{}", heading_of(algorithm_.selects_by),
                                              stats.valid, is_best ? " *" : "  ")
                                : "";
  const std::string lr = stats.lr > 0 ? fmt::format("  lr {:.2e}", stats.lr) : "";
  log_info("{} {:>3}/{}  train loss {:.4f}{}{}  {:.{}f} s  {} rows/s", epoch_word(), stats.epoch,
           stats.epochs, stats.train_loss, valid, lr, stats.seconds, algorithm_.averages_sweeps ? 3 : 1,
           format_count(
               static_cast<std::int64_t>(static_cast<double>(stats.rows) / std::max(stats.seconds, 1e-9))));
}

void TrainSession::save(const EpochReport& report, bool now) {
  const std::int64_t started_ms = now_ms();
  if (!now && started_ms - saved_at_ms_ < std::max(kSaveEveryMs, kSaveShare * save_took_ms_)) return;
  Checkpoint last = base_;
  last.epoch = epochs();
  last.model = report.model.state();
  last.trainer = report.trainer_state();
  last.progress = {{"history", history_}};
  if (best_epoch() > 0) last.metrics = {{valid_key_, best_valid().value_or(0)}, {"best_epoch", best_epoch()}};
  if (keeps_last_ && epochs() > 0) best_state_ = last.model;
  save_best();
  save_checkpoint(last_path(), last);
  saved_at_ms_ = now_ms();
  save_took_ms_ = saved_at_ms_ - started_ms;
}

void TrainSession::save_best() {
  if (!best_state_) return;
  Checkpoint best = base_;
  best.epoch = best_epoch();
  best.model = std::move(*best_state_);
  best.metrics = {{valid_key_, best_valid().value_or(0)}};
  best.progress = {{"history", history_}};
  best_state_.reset();
  save_checkpoint(best_path(), best);
}

FitSummary TrainSession::summary() const {
  return {.folder = folder_,
          .checkpoint = best_path(),
          .algorithm = base_.spec.algorithm,
          .selects_by = std::string(algorithm_.selects_by),
          .averages_sweeps = algorithm_.averages_sweeps,
          .loss_is_squared_error = base_.spec.options.as<HeadOptions>().loss == "mse",
          .seed = base_.spec.options.as<FitOptions>().seed,
          .n_parameters = n_parameters_,
          .epochs = epochs(),
          .best_epoch = best_epoch(),
          .best_valid = best_valid(),
          .seconds = seconds_,
          .rows = rows_,
          .history = history_,
          .profile = profile_};
}

std::optional<double> TrainSession::best_valid() const {
  if (valid_.rows.size() == 0) return std::nullopt;
  if (!keeps_last_ || history_.empty())
    return std::isfinite(early_stop_.best()) ? std::optional(early_stop_.best()) : std::nullopt;
  const double last = figure_of(history_.back(), valid_key_);
  return last > 0 ? std::optional(last) : std::nullopt;
}

std::vector<double> TrainSession::valid_history() const {
  std::vector<double> out;
  for (const auto& epoch : history_) out.push_back(figure_of(epoch, valid_key_));
  return out;
}

}  // namespace movrec
