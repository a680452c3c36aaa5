#pragma once

#include <cstdint>
#include <span>

#include "movrec/train/common/options.hpp"

namespace movrec {

/// The learning rate of a step, as a pure function. With t = step / steps_per_epoch and T = epochs:
///   constant     lr
///   cosine       min_lr + (lr - min_lr) (1 + cos(π t / period)) / 2, period 0: T (Loshchilov & Hutter 2017, eq. 5)
///   step         lr gamma^floor(⌊t⌋ / period), period 0: 10
///   exponential  lr gamma^⌊t⌋
///   plateau      lr times gamma for every time the validation RMSE has not improved for more than lr_patience epochs
///   one-cycle    cosine from lr / 25 up to lr over 30 % of the steps, then down to lr / 250,000 (Smith & Topin 2019,
///                with the numbers of PyTorch's OneCycleLR)
/// Linear warm-up multiplies any of them by min(1, (step + 1) / (warmup_epochs steps_per_epoch)).
/// `valid_rmse` holds one value per finished epoch; only plateau looks at it.
double lr_at(const ScheduleOptions&,
             int epochs,
             std::int64_t step,
             std::int64_t steps_per_epoch,
             std::span<const double> valid_rmse);

/// How often plateau has dropped the rate: PyTorch's ReduceLROnPlateau with threshold 1e-4 (relative), no
/// cool-down.
int plateau_drops(std::span<const double> valid_rmse, int patience);

}  // namespace movrec
