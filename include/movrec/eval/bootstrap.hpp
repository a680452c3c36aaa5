#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace movrec {

/// How one run's RMSE differs from the first's on the same rows.
struct RmseDifference {
  double difference = 0;     ///< RMSE of the run - RMSE of the first: negative is better
  double low = 0, high = 0;  ///< central 95 % of the resampled differences (percentile interval)
  double share_better = 0;   ///< of the resamples in which the run is better than the first
};

struct BootstrapOptions {
  int resamples = 2000;
  std::uint64_t seed = 1;
};

/// The paired bootstrap (Efron and Tibshirani 1993, chapter 16): rows are drawn with replacement, the same
/// ones for all runs. `squared_errors[run]` has one value a row; `clusters`, if not empty, has one number
/// from 0 up a row, and then whole clusters are drawn (a user's errors are not independent). One answer for
/// each run but the first; the same for any thread count.
std::vector<RmseDifference> bootstrap_rmse(std::span<const std::vector<float>> squared_errors,
                                           std::span<const std::int32_t> clusters,
                                           const BootstrapOptions&);

}  // namespace movrec
