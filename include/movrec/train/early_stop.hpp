#pragma once

#include <limits>

namespace movrec {

/// Remembers the best validation RMSE and says when to give up.
class EarlyStop {
 public:
  /// patience 0: never stop.
  EarlyStop(int patience, double min_delta) : patience_(patience), min_delta_(min_delta) {}

  /// Returns whether this epoch is the best so far, by more than min_delta.
  bool improved(int epoch, double rmse) {
    if (!(rmse < best_rmse_ - min_delta_)) return false;
    best_rmse_ = rmse;
    best_epoch_ = epoch;
    return true;
  }
  bool should_stop(int epoch) const { return patience_ > 0 && epoch - best_epoch_ >= patience_; }
  int best_epoch() const { return best_epoch_; }
  double best_rmse() const { return best_rmse_; }

 private:
  int patience_;
  double min_delta_;
  int best_epoch_ = 0;
  double best_rmse_ = std::numeric_limits<double>::infinity();
};

}  // namespace movrec
