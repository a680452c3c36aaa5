#include "movrec/solve/mf/mf_sgd.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>

#include "movrec/core/random.hpp"

using namespace movrec;

namespace {

constexpr MfShape kShape{.dim = 5, .biases = true, .global_mean = true};

/// User u rates item u, and nothing else: the order of the ratings cannot matter.
Ratings diagonal(std::int32_t n) {
  Ratings ratings;
  ratings.n_users = ratings.n_items = n;
  for (std::int32_t u = 0; u < n; ++u) {
    ratings.users.push_back(UserIdx{u});
    ratings.items.push_back(ItemIdx{u});
    ratings.stars.push_back(static_cast<float>(1 + u % 5));
  }
  return ratings;
}

/// A star for each pair of a world with two factors, 40 % of them in `ratings`.
struct World {
  static constexpr std::int32_t kUsers = 60, kItems = 50;
  Ratings ratings;
  std::vector<float> all;

  World() {
    ratings.n_users = kUsers;
    ratings.n_items = kItems;
    RandomStream random(7, 0);
    std::vector<double> p(2 * kUsers), q(2 * kItems);
    for (double& x : p) x = random.normal();
    for (double& x : q) x = random.normal();
    for (std::int32_t u = 0; u < kUsers; ++u)
      for (std::int32_t i = 0; i < kItems; ++i) {
        const auto a = static_cast<std::size_t>(2 * u), b = static_cast<std::size_t>(2 * i);
        all.push_back(static_cast<float>(3 + 0.6 * (p[a] * q[b] + p[a + 1] * q[b + 1])));
        if (random.uniform() > 0.4) continue;
        ratings.users.push_back(UserIdx{u});
        ratings.items.push_back(ItemIdx{i});
        ratings.stars.push_back(all.back());
      }
  }
};

MfSgd start(const Ratings& ratings, double l2 = 0, std::uint64_t seed = 1) {
  return {ratings, fit_biases(ratings, {}), kShape, l2, 0.1, seed};
}

void run(MfSgd& sgd, int steps, double lr) {
  for (int k = 0; k < steps; ++k) sgd.step(lr);
}

double value(const std::vector<float>& values, std::size_t at) {
  return static_cast<double>(values[at]);
}

TEST(MfSgd, AnEpochUpdatesEachRatingOnceByTheFormula) {
  const Ratings ratings = diagonal(40);
  const double mean = fit_biases(ratings, {}).mean, lr = 0.1, l2 = 0.3;
  MfSgd sgd = start(ratings, l2);
  const MfTables before = sgd.tables();
  run(sgd, MfSgd::kStripes, lr);
  const MfTables after = sgd.tables();
  double squares = 0;
  for (std::size_t u = 0; u < 40; ++u) {
    double error = static_cast<double>(ratings.stars[u]) - mean - value(before.user_bias, u) -
                   value(before.item_bias, u);
    for (std::size_t f = 5 * u; f < 5 * u + 5; ++f)
      error -= value(before.user_factors, f) * value(before.item_factors, f);
    squares += error * error;
    EXPECT_NEAR(value(after.user_bias, u), (1 - lr * l2) * value(before.user_bias, u) + lr * error, 1e-5);
    EXPECT_NEAR(value(after.item_bias, u), (1 - lr * l2) * value(before.item_bias, u) + lr * error, 1e-5);
    for (std::size_t f = 5 * u; f < 5 * u + 5; ++f) {
      const double p = value(before.user_factors, f), q = value(before.item_factors, f);
      EXPECT_NEAR(value(after.user_factors, f), p + lr * (error * q - l2 * p), 1e-5);
      EXPECT_NEAR(value(after.item_factors, f), q + lr * (error * p - l2 * q), 1e-5);
    }
  }
  EXPECT_NEAR(sgd.loss(), squares / 40, 1e-5);
}

TEST(MfSgd, FindsTheStarsOfALowRankWorld) {
  const World world;
  MfSgd sgd = start(world.ratings, 0.002);
  run(sgd, 300 * MfSgd::kStripes, 0.03);
  const MfTables tables = sgd.tables();
  const double mean = fit_biases(world.ratings, {}).mean;
  double squares = 0;
  for (std::size_t u = 0; u < World::kUsers; ++u)
    for (std::size_t i = 0; i < World::kItems; ++i) {
      double stars = mean + value(tables.user_bias, u) + value(tables.item_bias, i);
      for (std::size_t f = 0; f < 5; ++f)
        stars += value(tables.user_factors, 5 * u + f) * value(tables.item_factors, 5 * i + f);
      squares += std::pow(stars - value(world.all, u * World::kItems + i), 2);
    }
  EXPECT_LT(std::sqrt(squares / static_cast<double>(world.all.size())), 0.2);
}

TEST(MfSgd, IsTheSameToTheBitAtAnyThreadCount) {
  const World world;
  const int threads = omp_get_max_threads();
  const auto factors = [&](int n, std::uint64_t seed) {
    omp_set_num_threads(n);
    MfSgd sgd = start(world.ratings, 0.01, seed);
    run(sgd, 50, 0.02);
    return sgd.tables().user_factors;
  };
  const auto one = factors(1, 1);
  EXPECT_EQ(factors(3, 1), one);
  EXPECT_NE(factors(1, 2), one);
  omp_set_num_threads(threads);
}

TEST(MfSgd, GoesOnFromItsStateToTheBit) {
  const World world;
  MfSgd straight = start(world.ratings), half = start(world.ratings), resumed = start(world.ratings);
  run(straight, 40, 0.02);
  run(half, 21, 0.02);
  resumed.load(half.state());
  EXPECT_EQ(resumed.steps(), 21);
  run(resumed, 19, 0.02);
  const StateDict a = straight.state(), b = resumed.state();
  for (const auto& [name, array] : a.arrays()) EXPECT_EQ(array.bytes, b.get(name).bytes) << name;
  EXPECT_THROW(resumed.load({}), Error);
}

}  // namespace
