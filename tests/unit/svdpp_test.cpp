#include "movrec/solve/mf/svdpp.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/random.hpp"

using namespace movrec;

namespace {

constexpr std::size_t kDim = 5;

/// Users with likes and dislikes of two kinds of items rate mostly what they like.
struct World {
  static constexpr std::int32_t kUsers = 300, kItems = 40;
  Ratings ratings, held_out;

  World() {
    ratings.n_users = held_out.n_users = kUsers + 1;
    ratings.n_items = held_out.n_items = kItems + 1;  // the last ones have no ratings
    RandomStream random(7, 0);
    for (std::int32_t u = 0; u < kUsers; ++u) {
      const double taste = random.uniform() < 0.5 ? 1 : -1;
      for (std::int32_t i = 0; i < kItems; ++i) {
        const double likes = taste * (i % 2 == 0 ? 1 : -1);
        if (random.uniform() > (likes > 0 ? 0.5 : 0.1)) continue;
        Ratings& to = random.uniform() < 0.7 ? ratings : held_out;
        to.users.push_back(UserIdx{u});
        to.items.push_back(ItemIdx{i});
        to.stars.push_back(static_cast<float>(3 + likes + 0.5 * random.normal()));
      }
    }
  }
};

Svdpp start(const Ratings& ratings,
            const SvdppShape& shape = {.dim = kDim, .init_std = 0.1},
            std::uint64_t seed = 1) {
  return {ratings, fit_biases(ratings, {}), shape, seed};
}
void run(Svdpp& svdpp, int steps, double lr) {
  for (int k = 0; k < steps; ++k) svdpp.step(lr);
}
double value(const std::vector<float>& values, std::size_t at) {
  return static_cast<double>(values[at]);
}

/// One user's visit is the formula, rating by rating; with one user there is one batch that is not empty.
TEST(Svdpp, AUsersVisitFollowsTheFormula) {
  Ratings ratings;
  ratings.n_users = 1;
  ratings.n_items = 2;
  ratings.users = {UserIdx{0}, UserIdx{0}};
  ratings.items = {ItemIdx{0}, ItemIdx{1}};
  ratings.stars = {5, 2};
  const double lr = 0.1, l2 = 0.2, l2_y = 0.4, root = std::sqrt(2);
  Svdpp svdpp = start(ratings, {.dim = kDim, .init_std = 0.3, .l2 = l2, .implicit_l2 = l2_y});
  const double mean = svdpp.tables().mean;
  run(svdpp, Svdpp::kBatches, lr);  // so that y is not 0
  const SvdppTables before = svdpp.tables();
  const auto first_order = [&](bool reversed) {
    // p and x = the sum of y, moved rating by rating; q and y afterwards.
    std::vector<double> p(kDim), x(kDim), g(kDim);
    for (std::size_t f = 0; f < kDim; ++f) {
      x[f] = (value(before.implicit_factors, f) + value(before.implicit_factors, kDim + f)) / root;
      p[f] = value(before.user_factors, f) - x[f];
    }
    double bias = value(before.user_bias, 0), squares = 0;
    std::vector<double> errors(2);
    for (std::size_t k = 0; k < 2; ++k) {
      const std::size_t item = reversed ? 1 - k : k;
      double error = static_cast<double>(ratings.stars[item]) - mean - bias - value(before.item_bias, item);
      for (std::size_t f = 0; f < kDim; ++f)
        error -= (p[f] + x[f]) * value(before.item_factors, item * kDim + f);
      errors[item] = error;
      squares += error * error;
      bias += lr * (error - l2 * bias);
      for (std::size_t f = 0; f < kDim; ++f) {
        const double q = value(before.item_factors, item * kDim + f);
        g[f] += error * q;
        p[f] += lr * (error * q - l2 * p[f]);
        x[f] += lr * (error * q - l2_y / 2 * x[f]);
      }
    }
    std::vector<double> out{bias, squares / 2};
    for (std::size_t item = 0; item < 2; ++item) {
      out.push_back((1 - lr * l2) * value(before.item_bias, item) + lr * errors[item]);
      for (std::size_t f = 0; f < kDim; ++f) {
        const std::size_t at = item * kDim + f;
        out.push_back((1 - lr * l2) * value(before.item_factors, at) + lr * errors[item] * (p[f] + x[f]));
        out.push_back((1 - lr * l2_y) * value(before.implicit_factors, at) + lr * g[f] / root);
      }
    }
    return out;
  };
  run(svdpp, Svdpp::kBatches, lr);
  const SvdppTables after = svdpp.tables();
  std::vector<double> found{value(after.user_bias, 0), svdpp.loss()};
  for (std::size_t item = 0; item < 2; ++item) {
    found.push_back(value(after.item_bias, item));
    for (std::size_t f = 0; f < kDim; ++f) {
      found.push_back(value(after.item_factors, item * kDim + f));
      found.push_back(value(after.implicit_factors, item * kDim + f));
    }
  }
  // Which of the two ratings comes first is the seed's affair.
  const auto distance = [&](const std::vector<double>& expected) {
    double most = 0;
    for (std::size_t k = 0; k < found.size(); ++k) most = std::max(most, std::abs(found[k] - expected[k]));
    return most;
  };
  EXPECT_LT(std::min(distance(first_order(false)), distance(first_order(true))), 1e-5);
  EXPECT_GT(std::max(distance(first_order(false)), distance(first_order(true))), 1e-4);
}

TEST(Svdpp, ServesFactorsThatHoldTheImplicitSum) {
  const World world;
  Svdpp svdpp = start(world.ratings, {.dim = kDim, .init_std = 0});
  for (int k = 0; k < 3 * Svdpp::kBatches; ++k) svdpp.step(0.02);
  const SvdppTables tables = svdpp.tables();
  EXPECT_EQ(tables.user_factors.size(), kDim * (World::kUsers + 1));
  EXPECT_EQ(tables.implicit_factors.size(), kDim * (World::kItems + 1));
  const auto all_zero = [](auto begin, auto end) {
    return std::all_of(begin, end, [](float x) { return x == 0; });
  };
  EXPECT_TRUE(all_zero(tables.user_factors.begin(), tables.user_factors.end())) << "nothing can leave 0";

  Svdpp moved = start(world.ratings);
  for (int k = 0; k < 3 * Svdpp::kBatches; ++k) moved.step(0.02);
  const SvdppTables after = moved.tables();
  const StateDict state = moved.state();
  const auto p = state.get("user_factors").as<float>();
  const std::size_t padded = p.size() / (World::kUsers + 1);
  for (const std::size_t user : {std::size_t{0}, std::size_t{100}}) {
    std::vector<double> sum(kDim);
    int n = 0;
    for (std::size_t row = 0; row < world.ratings.size(); ++row)
      if (index(world.ratings.users[row]) == user) {
        ++n;
        for (std::size_t f = 0; f < kDim; ++f)
          sum[f] += value(after.implicit_factors, index(world.ratings.items[row]) * kDim + f);
      }
    for (std::size_t f = 0; f < kDim; ++f)
      EXPECT_NEAR(value(after.user_factors, user * kDim + f),
                  static_cast<double>(p[user * padded + f]) + sum[f] / std::sqrt(n), 1e-5);
  }
  EXPECT_TRUE(all_zero(after.user_factors.end() - kDim, after.user_factors.end()));
  EXPECT_TRUE(all_zero(after.item_factors.end() - kDim, after.item_factors.end()));
}

TEST(Svdpp, LearnsFromWhatWasRatedAtAll) {
  const World world;
  const auto rmse = [&](double implicit_l2) {
    Svdpp svdpp = start(world.ratings, {.dim = kDim, .init_std = 0.1, .l2 = 0.1, .implicit_l2 = implicit_l2});
    for (int k = 0; k < 40 * Svdpp::kBatches; ++k) svdpp.step(0.02);
    const SvdppTables tables = svdpp.tables();
    double squares = 0;
    for (std::size_t row = 0; row < world.held_out.size(); ++row) {
      const std::size_t u = index(world.held_out.users[row]), i = index(world.held_out.items[row]);
      double stars = tables.mean + value(tables.user_bias, u) + value(tables.item_bias, i);
      for (std::size_t f = 0; f < kDim; ++f)
        stars += value(tables.user_factors, u * kDim + f) * value(tables.item_factors, i * kDim + f);
      squares += std::pow(stars - static_cast<double>(world.held_out.stars[row]), 2);
    }
    return std::sqrt(squares / static_cast<double>(world.held_out.size()));
  };
  EXPECT_LT(rmse(0.1), 0.6) << "the noise alone is 0.5";
  EXPECT_LT(rmse(0.1), rmse(50));  // where y has no say
}

TEST(Svdpp, IsTheSameToTheBitAtAnyThreadCount) {
  const World world;
  const int threads = omp_get_max_threads();
  const auto factors = [&](int n, std::uint64_t seed) {
    omp_set_num_threads(n);
    Svdpp svdpp = start(world.ratings, {.dim = 2560}, seed);  // so much that threads share it
    run(svdpp, 60, 0.02);
    return svdpp.tables().user_factors;
  };
  const auto one = factors(1, 1);
  EXPECT_EQ(factors(3, 1), one);
  EXPECT_NE(factors(1, 2), one);
  omp_set_num_threads(threads);
}

TEST(Svdpp, GoesOnFromItsStateToTheBit) {
  const World world;
  Svdpp straight = start(world.ratings), half = start(world.ratings), resumed = start(world.ratings);
  run(straight, 300, 0.02);
  run(half, 141, 0.02);
  resumed.load(half.state());
  EXPECT_EQ(resumed.steps(), 141);
  run(resumed, 159, 0.02);
  EXPECT_EQ(straight.loss(), resumed.loss());
  const StateDict a = straight.state(), b = resumed.state();
  for (const auto& [name, array] : a.arrays()) EXPECT_EQ(array.bytes, b.get(name).bytes) << name;
  EXPECT_THROW(resumed.load({}), Error);
}

TEST(Svdpp, HasNothingToDoWithoutRatings) {
  Ratings none;
  none.n_users = none.n_items = 3;
  Svdpp svdpp = start(none);
  run(svdpp, 5, 0.02);
  EXPECT_EQ(svdpp.loss(), 0);
  for (const float x : svdpp.tables().user_factors) EXPECT_EQ(x, 0);
}

}  // namespace
