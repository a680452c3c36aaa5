#pragma once

#include <limits>

namespace movrec {

/// Remembers the best validation figure and says when to give up.
class EarlyStop {
 public:
  /// patience 0: never stop.
  EarlyStop(int patience, double min_delta, bool higher_is_better = false)
      : patience_(patience), min_delta_(min_delta), sign_(higher_is_better ? -1 : 1) {}

  /// Returns whether this epoch is the best so far, by more than min_delta.
  bool improved(int epoch, double value) {
    if (!(sign_ * value < lowest_ - min_delta_)) return false;
    lowest_ = sign_ * value;
    best_epoch_ = epoch;
    return true;
  }
  bool should_stop(int epoch) const { return patience_ > 0 && epoch - best_epoch_ >= patience_; }
  int best_epoch() const { return best_epoch_; }
  double best() const { return sign_ * lowest_; }

 private:
  int patience_;
  double min_delta_, sign_;
  int best_epoch_ = 0;
  double lowest_ = std::numeric_limits<double>::infinity();
};

}  // namespace movrec
