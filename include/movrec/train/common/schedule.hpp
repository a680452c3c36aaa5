#pragma once

#include <cstdint>
#include <span>

#include "movrec/train/common/options.hpp"

namespace movrec {

/// The learning rate of a step by the schedule, as a pure function. Linear warm-up multiplies it by
/// min(1, (step + 1) / (warmup_epochs steps_per_epoch)). `valid_rmse` holds one value per finished epoch; only plateau
/// looks at it.
double lr_at(const ScheduleOptions&,
             int epochs,
             std::int64_t step,
             std::int64_t steps_per_epoch,
             std::span<const double> valid_rmse);

/// Whether the schedule's rate at an epoch depends on how many there are in all.
bool spans_run(const ScheduleOptions&);

/// How often plateau has dropped the rate: PyTorch's ReduceLROnPlateau with threshold 1e-4 (relative), no
/// cool-down.
int plateau_drops(std::span<const double> valid_rmse, int patience);

}  // namespace movrec
