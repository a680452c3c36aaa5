#include "movrec/eval/bootstrap.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>

#include "movrec/core/random.hpp"

using namespace movrec;

namespace {

/// Squared errors of two runs: the second's are the first's, a little smaller, with noise of its own.
std::vector<std::vector<float>> two_runs(std::size_t n, double shift) {
  std::vector<std::vector<float>> out(2);
  RandomStream random(3, 0);
  for (std::size_t row = 0; row < n; ++row) {
    const double a = random.normal();
    const double b = a + 0.1 * random.normal();
    out[0].push_back(static_cast<float>(a * a));
    out[1].push_back(static_cast<float>(shift * b * b));
  }
  return out;
}

double rmse(const std::vector<float>& squares) {
  double sum = 0;
  for (const float s : squares) sum += static_cast<double>(s);
  return std::sqrt(sum / static_cast<double>(squares.size()));
}

TEST(Bootstrap, ObservesTheDifferenceAndPutsAnIntervalAroundIt) {
  const auto runs = two_runs(4000, 0.95);
  const auto differences = bootstrap_rmse(runs, {}, {.resamples = 1000, .seed = 1});
  ASSERT_EQ(differences.size(), 1);
  const RmseDifference& d = differences[0];
  EXPECT_NEAR(d.difference, rmse(runs[1]) - rmse(runs[0]), 1e-12);
  EXPECT_LT(d.low, d.difference);
  EXPECT_GT(d.high, d.difference);
  EXPECT_LT(d.high, 0);  // 0.95 of the squares is far outside the noise
  EXPECT_EQ(d.share_better, 1);
}

TEST(Bootstrap, TheIntervalHasTheWidthOfTheNormalApproximation) {
  const auto runs = two_runs(4000, 1);
  const RmseDifference d = bootstrap_rmse(runs, {}, {.resamples = 4000, .seed = 2})[0];
  // By the delta method, rmse_1 - rmse_0 ~ mean of b²/(2 rmse_1) - a²/(2 rmse_0).
  double sum = 0, squares = 0;
  for (std::size_t row = 0; row < 4000; ++row) {
    const double x = static_cast<double>(runs[1][row]) / (2 * rmse(runs[1])) -
                     static_cast<double>(runs[0][row]) / (2 * rmse(runs[0]));
    sum += x, squares += x * x;
  }
  const double deviation = std::sqrt((squares - sum * sum / 4000) / 4000 / 4000);
  EXPECT_NEAR((d.high - d.low) / (2 * 1.96 * deviation), 1, 0.06);
}

TEST(Bootstrap, EqualRunsDoNotDiffer) {
  auto runs = two_runs(500, 1);
  runs[1] = runs[0];
  const RmseDifference d = bootstrap_rmse(runs, {}, {.resamples = 200, .seed = 1})[0];
  EXPECT_EQ(d.difference, 0);
  EXPECT_EQ(d.low, 0);
  EXPECT_EQ(d.high, 0);
}

TEST(Bootstrap, ClustersThatAgreeWidenTheInterval) {
  // Ten copies of each row are ten times the rows, but no more knowledge.
  const auto few = two_runs(300, 1);
  std::vector<std::vector<float>> runs(2);
  std::vector<std::int32_t> clusters;
  for (std::int32_t row = 0; row < 300; ++row)
    for (int copy = 0; copy < 10; ++copy) {
      for (std::size_t run = 0; run < 2; ++run) runs[run].push_back(few[run][static_cast<std::size_t>(row)]);
      clusters.push_back(row);
    }
  const BootstrapOptions options{.resamples = 2000, .seed = 5};
  const RmseDifference by_rows = bootstrap_rmse(runs, {}, options)[0],
                       by_cluster = bootstrap_rmse(runs, clusters, options)[0],
                       of_few = bootstrap_rmse(few, {}, options)[0];
  EXPECT_NEAR(by_cluster.high - by_cluster.low, of_few.high - of_few.low, 1e-6);
  EXPECT_NEAR((by_cluster.high - by_cluster.low) / (by_rows.high - by_rows.low), std::sqrt(10), 0.3);
}

TEST(Bootstrap, IsTheSameForAnyThreadCount) {
  const auto runs = two_runs(1000, 0.99);
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const RmseDifference one = bootstrap_rmse(runs, {}, {.resamples = 300, .seed = 9})[0];
  omp_set_num_threads(3);
  const RmseDifference three = bootstrap_rmse(runs, {}, {.resamples = 300, .seed = 9})[0];
  omp_set_num_threads(threads);
  EXPECT_EQ(one.low, three.low);
  EXPECT_EQ(one.high, three.high);
}

}  // namespace
