// The sampler of factorization machines, cut points and the normal distribution against data whose truth is
// known.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/random.hpp"
#include "movrec/solve/bfm/bfm_posterior.hpp"
#include "solve/bfm/bfm_block.hpp"
#include "solve/bfm/cut_points.hpp"
#include "solve/common/gauss.hpp"

using namespace movrec;

namespace {

/// 300 users, 100 items, 40 ratings each: a product of two factors, biases, and noise of 0.5.
struct Truth {
  static constexpr double kNoise = 0.5;
  Truth() {
    RandomStream random(11, 0);
    const auto normals = [&](std::size_t n, double scale) {
      std::vector<double> out(n);
      for (double& x : out) x = scale * random.normal();
      return out;
    };
    const auto user_bias = normals(300, 0.4), item_bias = normals(100, 0.4), user = normals(600, 0.6),
               item = normals(200, 0.6);
    for (Ratings* part : {&train, &test}) part->n_users = 300, part->n_items = 100;
    for (std::int32_t u = 0; u < 300; ++u) {
      const auto order = random_permutation(100, 3, static_cast<std::uint64_t>(u));
      for (std::size_t k = 0; k < 50; ++k) {
        const std::uint32_t i = order[k];
        const auto at = static_cast<std::size_t>(u);
        const double mean = 3 + user_bias[at] + item_bias[i] + user[2 * at] * item[2 * i] +
                            user[2 * at + 1] * item[2 * i + 1];
        Ratings& part = k < 40 ? train : test;
        part.users.push_back(UserIdx{u});
        part.items.push_back(ItemIdx{static_cast<std::int32_t>(i)});
        part.stars.push_back(static_cast<float>(mean + kNoise * random.normal()));
      }
    }
  }
  Ratings train, test;
};

struct Fit {
  std::vector<float> stars, deviations;
  double noise = 0, rmse = 0;
  double within(double z, const Ratings& test) const {
    double n = 0;
    for (std::size_t k = 0; k < stars.size(); ++k)
      n += std::abs(static_cast<double>(stars[k] - test.stars[k])) <= z * static_cast<double>(deviations[k]);
    return n / static_cast<double>(stars.size());
  }
};

Fit fit(const Ratings& train, const Ratings& test, bool is_probit, int rank, int sweeps) {
  const std::vector<std::string> families{"user", "item"};
  const BfmDesign design = make_bfm_design(train, nullptr, families);
  BfmSampler sampler(design, is_probit, rank, 1, 0);
  BfmPosterior posterior(design, sampler.levels(), rank);
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    sampler.sweep(1);
    if (sweep >= sweeps / 4) posterior.add(sampler.draw());
  }
  Fit fit;
  fit.stars.resize(test.size());
  fit.deviations.resize(test.size());
  posterior.predict({test.users, test.items, {}}, fit.stars, fit.deviations);
  fit.noise = 1 / std::sqrt(sampler.noise_precision());
  for (std::size_t k = 0; k < test.size(); ++k)
    fit.rmse += std::pow(static_cast<double>(fit.stars[k] - test.stars[k]), 2);
  fit.rmse = std::sqrt(fit.rmse / static_cast<double>(test.size()));
  return fit;
}

TEST(BfmSampler, RecoversTheNoiseOfItsOwnModelWithHonestIntervals) {
  const Truth truth;
  const Fit result = fit(truth.train, truth.test, /*is_probit=*/false, 2, 200);
  EXPECT_NEAR(result.noise, Truth::kNoise, 0.02);
  EXPECT_LT(result.rmse, 1.12 * Truth::kNoise);  // biases alone: 0.75
  EXPECT_NEAR(result.within(0.67449, truth.test), 0.5, 0.03);
  EXPECT_NEAR(result.within(1.28155, truth.test), 0.8, 0.03);
  EXPECT_NEAR(result.within(1.95996, truth.test), 0.95, 0.02);
}

TEST(BfmSampler, SeesOrderedClassesAsAProbitDoes) {
  Truth truth;
  for (Ratings* part : {&truth.train, &truth.test})
    for (float& stars : part->stars) stars = std::clamp(std::round(stars), 1.F, 5.F);
  const Fit probit = fit(truth.train, truth.test, true, 2, 150);
  const Fit gaussian = fit(truth.train, truth.test, false, 2, 150);
  EXPECT_LT(probit.rmse, gaussian.rmse + 0.003);
  EXPECT_NEAR(probit.within(1.28155, truth.test), 0.8,
              0.07);  // stars are discrete, so nominal shares are not met
}

TEST(Gauss, IsTheNormalDistribution) {
  for (double x = -12; x < 6; x += 0.01) {
    const double exact = 0.5 * std::erfc(-x / std::sqrt(2.0));
    const double p = static_cast<double>(gauss::cdf(static_cast<float>(x)));
    ASSERT_NEAR(p, exact, 1e-5 * std::min(exact, 0.02) + 1e-7 * exact) << x;
    if (x < 0) {
      ASSERT_NEAR(static_cast<double>(gauss::quantile(static_cast<float>(exact))), x, 3e-6) << x;
    }
  }
  std::vector<float> normals(100'000);
  bfm::fill_normals({{1, 2}, 3, 4}, 0, normals);
  double moments[4] = {};
  for (const float z : normals)
    for (int k = 0; k < 4; ++k) moments[k] += std::pow(static_cast<double>(z), k + 1) / 1e5;
  EXPECT_NEAR(moments[0], 0, 0.01);
  EXPECT_NEAR(moments[1], 1, 0.015);
  EXPECT_NEAR(moments[2], 0, 0.03);
  EXPECT_NEAR(moments[3], 3, 0.1);
  std::vector<float> later(64);
  bfm::fill_normals({{1, 2}, 3, 4}, 640, later);
  EXPECT_TRUE(std::equal(later.begin(), later.end(), normals.begin() + 640));
}

TEST(CutPoints, AreRecovered) {
  const double truth[] = {-1.5, -0.5, 0.2, 1.3};
  RandomStream random(3, 0);
  std::vector<float> scores;
  std::vector<std::uint8_t> classes;
  std::vector<double> counts(5);
  float lowest = 0, highest = 0;
  for (int k = 0; k < 20'000; ++k) {
    scores.push_back(static_cast<float>(0.8 * random.normal()));
    const double z = static_cast<double>(scores.back()) + random.normal();
    classes.push_back(static_cast<std::uint8_t>(std::ranges::upper_bound(truth, z) - truth));
    ++counts[classes.back()];
    lowest = std::min(lowest, scores.back());
    highest = std::max(highest, scores.back());
  }
  bfm::ScoreGrid grid(5, lowest, highest);
  grid.add(scores, classes.data());
  bfm::CutPoints cuts(counts);
  double mean[4] = {}, square[4] = {};
  for (int sweep = 0; sweep < 200; ++sweep) {
    cuts.sample(grid, random);
    for (std::size_t k = 0; k < 4; ++k) {
      mean[k] += cuts.values()[k] / 200;
      square[k] += cuts.values()[k] * cuts.values()[k] / 200;
    }
  }
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(mean[k], truth[k], 0.04) << k;
    const double deviation = std::sqrt(square[k] - mean[k] * mean[k]);
    EXPECT_GT(deviation, 0.005) << k;  // about 1 / sqrt(rows near the cut)
    EXPECT_LT(deviation, 0.03) << k;
  }
}

}  // namespace
