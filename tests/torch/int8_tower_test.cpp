#include "movrec/ops/int8_tower.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/random.hpp"

using namespace movrec;

namespace {

/// A tower of random floats with the widths of the hidden layers, its exact outputs and its estimates.
struct RandomTower {
  RandomTower(std::int64_t users, std::int64_t items, std::vector<std::int64_t> layer_widths)
      : n_users(users), n_items(items), widths(std::move(layer_widths)), random(5, 0) {
    of_users = normals(users * widths[0], 1);
    of_items = normals(items * widths[0], 1);
    biases.push_back(normals(widths[0], 0.3));
    for (std::size_t l = 1; l < widths.size(); ++l) {
      weights.push_back(
          normals(widths[l] * widths[l - 1], 1 / std::sqrt(static_cast<double>(widths[l - 1]))));
      biases.push_back(normals(widths[l], 0.3));
    }
    head = normals(widths.back(), 1);
  }

  std::vector<float> normals(std::int64_t n, double std) {
    std::vector<float> out;
    for (std::int64_t k = 0; k < n; ++k) out.push_back(static_cast<float>(std * random.normal()));
    return out;
  }

  /// [U, I] in doubles; fills `largest`.
  std::vector<double> exact() {
    largest.clear();
    for (std::size_t l = 1; l + 1 < widths.size(); ++l)
      largest.emplace_back(static_cast<std::size_t>(widths[l]), 0.F);
    std::vector<double> out;
    for (std::int64_t u = 0; u < n_users; ++u)
      for (std::int64_t i = 0; i < n_items; ++i) {
        std::vector<double> x;
        for (std::int64_t k = 0; k < widths[0]; ++k)
          x.push_back(std::max(
              0., at(of_users, u * widths[0] + k) + at(of_items, i * widths[0] + k) + at(biases[0], k)));
        for (std::size_t l = 1; l < widths.size(); ++l) {
          std::vector<double> y;
          for (std::int64_t o = 0; o < widths[l]; ++o) {
            double sum = at(biases[l], o);
            for (std::int64_t k = 0; k < widths[l - 1]; ++k)
              sum += at(weights[l - 1], o * widths[l - 1] + k) * x[static_cast<std::size_t>(k)];
            y.push_back(std::max(sum, 0.));
            if (l + 1 < widths.size()) {
              float& most = largest[l - 1][static_cast<std::size_t>(o)];
              most = std::max(most, static_cast<float>(y.back()));
            }
          }
          x = std::move(y);
        }
        double score = 0;
        for (std::size_t k = 0; k < x.size(); ++k) score += x[k] * static_cast<double>(head[k]);
        out.push_back(score);
      }
    return out;
  }

  Int8Tower quantised() const {
    std::vector<DenseLayer> hidden;
    for (std::size_t l = 1; l < widths.size(); ++l)
      hidden.push_back({weights[l - 1].data(), biases[l].data(), widths[l], widths[l - 1]});
    return Int8Tower({of_users, of_items, biases[0].data(), widths[0], hidden, head.data(), largest});
  }

  std::vector<float> reference() const {
    std::vector<float> out(static_cast<std::size_t>(n_users * n_items));
    quantised().add_reference(0, n_users, out.data());
    return out;
  }

  static double at(const std::vector<float>& values, std::int64_t k) {
    return static_cast<double>(values[static_cast<std::size_t>(k)]);
  }

  std::int64_t n_users, n_items;
  std::vector<std::int64_t> widths;
  RandomStream random;
  std::vector<float> of_users, of_items, head;
  std::vector<std::vector<float>> weights, biases, largest;
};

/// Root mean square of the estimates' errors, over the standard deviation of what they estimate.
double relative_error(const std::vector<double>& exact, const std::vector<float>& estimates) {
  double mean = 0, error = 0, spread = 0;
  for (const double score : exact) mean += score / static_cast<double>(exact.size());
  for (std::size_t k = 0; k < exact.size(); ++k) {
    error += std::pow(exact[k] - static_cast<double>(estimates[k]), 2);
    spread += std::pow(exact[k] - mean, 2);
  }
  return std::sqrt(error / spread);
}

void expect_kernel_equals_reference(const RandomTower& tower) {
  if (!Int8Tower::is_fast()) GTEST_SKIP() << "no AVX-512 VNNI";
  const Int8Tower quantised = tower.quantised();
  std::vector<float> kernel(static_cast<std::size_t>(tower.n_users * tower.n_items), 0.5F),
      reference = kernel;
  quantised.add_estimates(0, 1, kernel.data());
  quantised.add_estimates(1, tower.n_users - 1, kernel.data() + tower.n_items);
  quantised.add_reference(0, tower.n_users, reference.data());
  EXPECT_EQ(kernel, reference);
}

TEST(Int8Tower, KernelEqualsTheReferenceToTheBitAtOddSizes) {
  for (const std::vector<std::int64_t>& widths :
       {std::vector<std::int64_t>{6, 10}, {14, 9, 5}, {24, 16, 8, 3}, {1, 1, 1}, {130, 64, 40}})
    for (const std::int64_t items : {1, 47, 48, 101}) {
      RandomTower tower(3, items, widths);
      tower.exact();
      expect_kernel_equals_reference(tower);
    }
}

TEST(Int8Tower, EstimatesAreOffByAFewPercentOfTheSpread) {
  for (const std::vector<std::int64_t>& widths :
       {std::vector<std::int64_t>{64, 32}, {128, 64, 32}, {64, 64, 32, 16}}) {
    RandomTower tower(20, 60, widths);
    const std::vector<double> exact = tower.exact();
    EXPECT_LT(relative_error(exact, tower.reference()), 0.04) << widths.size();
  }
}

TEST(Int8Tower, BearsHostileWeights) {
  RandomTower tower(6, 70, {32, 16, 8});
  for (std::int64_t u = 0; u < 6; ++u)
    tower.of_users[static_cast<std::size_t>(u * 32)] = -100;              // never positive
  for (std::size_t u = 0; u < 6; ++u) tower.of_users[u * 32 + 1] = 1000;  // always, beside items far below
  for (std::size_t i = 0; i < 70; ++i) tower.of_items[i * 32 + 1] = i == 5 ? -999.F : -1e6F;
  for (std::size_t i = 0; i < 70; ++i) tower.of_items[i * 32 + 2] = 0;
  for (std::size_t u = 0; u < 6; ++u) tower.of_users[u * 32 + 2] = 0;
  tower.biases[0][2] = -1;                                   // below 0 for all pairs
  std::fill_n(tower.weights[0].begin() + 32 * 3, 32, 0.F);   // a neuron of its bias alone
  std::fill_n(tower.weights[0].begin() + 32 * 4, 32, -1.F);  // a dead one
  tower.head[2] = 0;
  const std::vector<double> exact = tower.exact();
  EXPECT_LT(relative_error(exact, tower.reference()), 0.04);
  expect_kernel_equals_reference(tower);
}

// The calibration may not have seen the largest outputs: the estimate stops there and stays a number.
TEST(Int8Tower, OutputsBeyondTheCalibrationSaturate) {
  RandomTower tower(4, 50, {16, 8, 8});
  tower.exact();
  const std::vector<float> good = tower.reference();
  for (const float factor : {0.5F, 1e-12F}) {
    for (float& most : tower.largest[0]) most *= factor;
    const std::vector<float> estimates = tower.reference();
    EXPECT_NE(estimates, good);
    EXPECT_TRUE(
        std::ranges::all_of(estimates, [](float x) { return std::isfinite(x) && std::abs(x) < 100; }));
    expect_kernel_equals_reference(tower);
  }
}

}  // namespace
