#include "movrec/train/common/schedule.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "movrec/core/table.hpp"

namespace movrec {
namespace {

/// A half wave of the cosine, as far as `share` of it.
double half_wave(double from, double to, double share) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * share)) / 2;
}

/// With the numbers of PyTorch's OneCycleLR.
double one_cycle_lr(double peak, std::int64_t step, std::int64_t total) {
  constexpr double kRise = 0.3, kStartDivisor = 25, kEndDivisor = 1e4;
  const double start = peak / kStartDivisor, end = start / kEndDivisor;
  const double top = kRise * static_cast<double>(total) - 1, last = static_cast<double>(total - 1);
  const double at = static_cast<double>(std::min(step, total - 1));
  if (at <= top) return top > 0 ? half_wave(start, peak, at / top) : peak;
  return last > top ? half_wave(peak, end, (at - top) / (last - top)) : peak;
}

/// Where a run is, t = epoch() of T = epochs.
struct At {
  std::int64_t step, steps_per_epoch;
  int epochs;
  std::span<const double> valid_loss;

  double epoch() const { return static_cast<double>(step) / static_cast<double>(steps_per_epoch); }
};

/// lr.
double constant(const ScheduleOptions& options, const At&) {
  return options.lr;
}

/// min_lr + (lr - min_lr) (1 + cos(π t / period)) / 2, period 0: T (Loshchilov & Hutter, "SGDR", 2017, eq. 5).
double cosine(const ScheduleOptions& options, const At& at) {
  return half_wave(options.lr, options.min_lr,
                   at.epoch() / (options.period > 0 ? options.period : at.epochs));
}

/// lr gamma^floor(⌊t⌋ / period), period 0: 10.
double step(const ScheduleOptions& options, const At& at) {
  return options.lr * std::pow(options.gamma, std::floor(std::floor(at.epoch()) /
                                                         (options.period > 0 ? options.period : 10)));
}

/// lr gamma^⌊t⌋.
double exponential(const ScheduleOptions& options, const At& at) {
  return options.lr * std::pow(options.gamma, std::floor(at.epoch()));
}

/// lr times gamma for every time the validation RMSE has not improved for more than lr_patience epochs.
double plateau(const ScheduleOptions& options, const At& at) {
  return std::max(options.min_lr,
                  options.lr * std::pow(options.gamma, plateau_drops(at.valid_loss, options.lr_patience)));
}

/// lr + (min_lr - lr) min(1, t / T): straight down to min_lr at the end (Defazio et al., "Optimal linear decay learning
/// rate schedules and further refinements", 2023, which finds it the best of the common ones).
double linear(const ScheduleOptions& options, const At& at) {
  return std::lerp(options.lr, options.min_lr, std::min(1.0, at.epoch() / at.epochs));
}

/// A cosine from lr / 25 up to lr over 30 % of the steps, then down to lr / 250,000 (Smith & Topin, "Super-convergence",
/// 2019).
double one_cycle(const ScheduleOptions& options, const At& at) {
  return one_cycle_lr(options.lr, at.step, at.epochs * at.steps_per_epoch);
}

bool never(const ScheduleOptions&) {
  return false;
}
bool always(const ScheduleOptions&) {
  return true;
}
bool without_period(const ScheduleOptions& options) {
  return options.period == 0;
}

struct Schedule {
  std::string_view name;
  double (*lr)(const ScheduleOptions&, const At&);
  bool (*spans_run)(const ScheduleOptions&);
};
constexpr std::array kSchedules{
    Schedule{"constant", constant, never}, Schedule{"cosine", cosine, without_period},
    Schedule{"step", step, never},         Schedule{"exponential", exponential, never},
    Schedule{"plateau", plateau, never},   Schedule{"one-cycle", one_cycle, always},
    Schedule{"linear", linear, always},
};

const Schedule& schedule_of(const ScheduleOptions& options) {
  return find_row(kSchedules, "schedule", options.schedule);
}

}  // namespace

std::vector<std::string_view> schedule_names() {
  return names_of(kSchedules);
}

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

bool spans_run(const ScheduleOptions& options) {
  return schedule_of(options).spans_run(options);
}

double lr_at(const ScheduleOptions& options,
             int epochs,
             std::int64_t step,
             std::int64_t steps_per_epoch,
             std::span<const double> valid_rmse) {
  double lr = schedule_of(options).lr(options, {step, steps_per_epoch, epochs, valid_rmse});
  const double warmup_steps = options.warmup_epochs * static_cast<double>(steps_per_epoch);
  if (warmup_steps > 0) lr *= std::min(1.0, static_cast<double>(step + 1) / warmup_steps);
  return lr;
}

}  // namespace movrec
