#include "movrec/train/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace movrec {
namespace {

double cosine(double from, double to, double share) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * share)) / 2;
}

double one_cycle(double peak, std::int64_t step, std::int64_t total) {
  constexpr double kRise = 0.3, kStartDivisor = 25, kEndDivisor = 1e4;
  const double start = peak / kStartDivisor, end = start / kEndDivisor;
  const double top = kRise * static_cast<double>(total) - 1, last = static_cast<double>(total - 1);
  const double at = static_cast<double>(std::min(step, total - 1));
  if (at <= top) return top > 0 ? cosine(start, peak, at / top) : peak;
  return last > top ? cosine(peak, end, (at - top) / (last - top)) : peak;
}

}  // namespace

int plateau_drops(std::span<const double> valid_rmse, int patience) {
  constexpr double kThreshold = 1e-4;
  double best = std::numeric_limits<double>::infinity();
  int drops = 0, flat = 0;
  for (double rmse : valid_rmse) {
    if (rmse < best * (1 - kThreshold)) {
      best = rmse;
      flat = 0;
    } else if (++flat > patience) {
      ++drops;
      flat = 0;
    }
  }
  return drops;
}

double lr_at(const TrainOptions& options,
             std::int64_t step,
             std::int64_t steps_per_epoch,
             std::span<const double> valid_rmse) {
  const double epoch = static_cast<double>(step) / static_cast<double>(steps_per_epoch);
  double lr = options.lr;
  if (options.schedule == "cosine") {
    lr = cosine(options.lr, options.min_lr, epoch / (options.period > 0 ? options.period : options.epochs));
  } else if (options.schedule == "step") {
    lr *= std::pow(options.gamma, std::floor(std::floor(epoch) / (options.period > 0 ? options.period : 10)));
  } else if (options.schedule == "exponential") {
    lr *= std::pow(options.gamma, std::floor(epoch));
  } else if (options.schedule == "plateau") {
    lr = std::max(options.min_lr,
                  lr * std::pow(options.gamma, plateau_drops(valid_rmse, options.lr_patience)));
  } else if (options.schedule == "one-cycle") {
    lr = one_cycle(options.lr, step, options.epochs * steps_per_epoch);
  }
  const double warmup_steps = options.warmup_epochs * static_cast<double>(steps_per_epoch);
  if (warmup_steps > 0) lr *= std::min(1.0, static_cast<double>(step + 1) / warmup_steps);
  return lr;
}

}  // namespace movrec
