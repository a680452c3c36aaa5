#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "movrec/checkpoint/checkpoint.hpp"
#include "movrec/eval/held_out.hpp"
#include "movrec/report/run_report.hpp"
#include "movrec/train/common/early_stop.hpp"

namespace movrec {

/// A run while it trains: validation, best and last checkpoints, the log of epochs. Test rows are not in
/// here.
class TrainSession {
 public:
  /// `base` is a checkpoint with everything but states and metrics; what else is passed must outlive the
  /// session. No epoch begins after `time_budget` seconds of fitting (0: none). Where `valid` is empty, or
  /// the model averages its epochs, the last epoch is the best one.
  TrainSession(std::filesystem::path folder,
               Checkpoint base,
               const Ratings& train,
               const HeldOut& valid,
               const SideInfo& side,
               std::string device,
               double time_budget = 0);

  /// Goes on from last.pt: history, best epoch and states. Error{model}.
  void resume(const Checkpoint& last);

  /// Fits, choosing by the validation figure that the algorithm selects by. Returns the best model. Whatever
  /// happens, what was reached is saved.
  std::unique_ptr<Model> fit();
  /// Fits the same again on all of `rows`, for as many epochs as the best one, and makes it the best
  /// checkpoint.
  std::unique_ptr<Model> refit(const Ratings& rows);

  bool interrupted() const { return interrupted_; }
  /// Of what has been fitted so far.
  FitSummary summary() const;

 private:
  std::filesystem::path best_path() const { return folder_ / "best.pt"; }
  std::filesystem::path last_path() const { return folder_ / "last.pt"; }
  int epochs() const { return static_cast<int>(history_.size()); }
  int best_epoch() const { return keeps_last_ ? epochs() : early_stop_.best_epoch(); }
  /// Of validation rows, by what the algorithm selects_by; none without any.
  std::optional<double> best_valid() const;
  std::unique_ptr<Model> fit_timed(const FitContext&);
  void on_start(const Model&, const Ratings& rows);
  bool on_epoch(const EpochReport&);
  bool is_out_of_time() const;
  void count(const EpochStats&);
  void log_epoch(const EpochStats&, bool is_best) const;
  std::string_view epoch_word() const { return algorithm_.averages_sweeps ? "sweep" : "epoch"; }
  /// Writes what has not been written yet; unless `now`, at most every few seconds.
  void save(const EpochReport&, bool now);
  void save_best();
  std::vector<double> valid_history() const;
  nlohmann::json to_json(const EpochStats&) const;

  std::filesystem::path folder_;
  Checkpoint base_;
  const Ratings& train_;
  HeldOut valid_;
  const SideInfo& side_;
  std::string device_;
  double time_budget_;
  const Algorithm& algorithm_;
  std::string valid_key_;  ///< of an epoch's figure in the history: "valid_rmse"
  bool keeps_last_;
  EarlyStop early_stop_;
  nlohmann::json history_ = nlohmann::json::array();
  std::optional<Checkpoint> resumed_;
  std::optional<StateDict> best_state_;  ///< not yet written
  double seconds_ = 0;
  Profile profile_;
  std::int64_t rows_ = 0, n_parameters_ = 0;
  std::int64_t fit_began_ms_ = 0, saved_at_ms_ = 0, save_took_ms_ = 0;
  bool started_ = false, interrupted_ = false;
};

}  // namespace movrec
