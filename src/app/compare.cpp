#include "movrec/app/compare.hpp"

#include <cmath>
#include <span>

#include "movrec/eval/bootstrap.hpp"
#include "movrec/eval/held_out.hpp"

namespace movrec {
namespace {

/// Pearson's r.
double correlation(std::span<const float> a, std::span<const float> b) {
  double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const auto x = static_cast<double>(a[k]), y = static_cast<double>(b[k]);
    sum_a += x, sum_b += y, aa += x * x, bb += y * y, ab += x * y;
  }
  const auto n = static_cast<double>(a.size());
  const double scale = std::sqrt((aa - sum_a * sum_a / n) * (bb - sum_b * sum_b / n));
  return scale > 0 ? (ab - sum_a * sum_b / n) / scale : 0;
}

}  // namespace

Comparison compare_runs(const CompareOptions& options, const OpenOptions& open, const RunSettings& settings) {
  const OpenedRuns opened = open_runs(options.runs, open, settings);
  const Ratings test = opened.test();
  const HeldOut part(test, opened.runs.front().split.test_queries, &opened.dataset.user_features);
  std::vector<std::size_t> asked;  // rows of test, the same of each run
  std::vector<std::vector<float>> errors, squares;
  Comparison out{.rows = part.n_asked(),
                 .resamples = options.resamples,
                 .unit = options.unit,
                 .seed = options.seed,
                 .caveat = opened.caveat(),
                 .runs = {}};
  for (const ComparableRun& run : opened.runs) {
    RowPredictions predicted = predict_part(*run.model, part);
    asked = std::move(predicted.rows);
    auto& error = errors.emplace_back(std::move(predicted.stars));
    auto& square = squares.emplace_back(asked.size());
    double sum = 0, absolute = 0;
    for (std::size_t k = 0; k < asked.size(); ++k) {
      error[k] = opened.dataset.stars.clip(error[k]) - test.stars[asked[k]];
      square[k] = error[k] * error[k];
      sum += static_cast<double>(square[k]);
      absolute += std::abs(static_cast<double>(error[k]));
    }
    const auto n = static_cast<double>(asked.size());
    out.runs.push_back({.label = run.label(),
                        .checkpoint = run.path.string(),
                        .algorithm = run.checkpoint.spec.algorithm,
                        .rmse = std::sqrt(sum / n),
                        .mae = absolute / n,
                        .error_correlation = correlation(errors.front(), error),
                        .against_first = {}});
  }
  std::vector<std::int32_t> clusters;
  if (options.unit == "users") {
    std::vector<std::int32_t> number_of(static_cast<std::size_t>(test.n_users), -1);
    std::int32_t n_users = 0;
    for (const std::size_t row : asked) {
      std::int32_t& cluster = number_of[index(test.users[row])];
      if (cluster < 0) cluster = n_users++;
      clusters.push_back(cluster);
    }
  }
  const auto differences =
      bootstrap_rmse(squares, clusters, {.resamples = options.resamples, .seed = options.seed});
  for (std::size_t run = 1; run < out.runs.size(); ++run) out.runs[run].against_first = differences[run - 1];
  return out;
}

}  // namespace movrec
