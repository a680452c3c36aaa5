#include "movrec/solve/mf/mf_als.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "kernels/row_blocks.hpp"
#include "movrec/core/random.hpp"
#include "solve/mf/bag_prior.hpp"
#include "support/dense_solve.hpp"

using namespace movrec;
using test::normals;
using test::solved;

namespace {

/// Ratings of a `rank`-dimensional world: `share` of all pairs, with noise of that standard deviation.
Ratings low_rank(std::int32_t n_users, std::int32_t n_items, int rank, double share, double noise) {
  Ratings ratings;
  ratings.n_users = n_users;
  ratings.n_items = n_items;
  const auto p = normals(static_cast<std::size_t>(n_users * rank), 1);
  const auto q = normals(static_cast<std::size_t>(n_items * rank), 2);
  RandomStream random(3, 0);
  for (std::int32_t u = 0; u < n_users; ++u)
    for (std::int32_t i = 0; i < n_items; ++i) {
      const bool observed = random.uniform() < share;
      const double error = noise * random.normal();
      if (!observed) continue;
      double stars = 3 + error;
      for (int f = 0; f < rank; ++f)
        stars += 0.5 * static_cast<double>(p[static_cast<std::size_t>(u * rank + f)]) *
                 static_cast<double>(q[static_cast<std::size_t>(i * rank + f)]);
      ratings.users.push_back(UserIdx{u});
      ratings.items.push_back(ItemIdx{i});
      ratings.stars.push_back(static_cast<float>(stars));
    }
  return ratings;
}

double predicted(const MfTables& tables, double mean, std::size_t u, std::size_t i, std::size_t dim) {
  double out = mean;
  if (!tables.user_bias.empty())
    out += static_cast<double>(tables.user_bias[u]) + static_cast<double>(tables.item_bias[i]);
  for (std::size_t f = 0; f < dim; ++f)
    out += static_cast<double>(tables.user_factors[u * dim + f]) *
           static_cast<double>(tables.item_factors[i * dim + f]);
  return out;
}

MfAls after(const Ratings& ratings,
            const MfShape& shape,
            const MfAlsOptions& options,
            std::uint64_t seed,
            int steps) {
  MfAls als(ratings, fit_biases(ratings, {}), shape, options, seed);
  for (int k = 0; k < steps; ++k) als.step();
  return als;
}

TEST(RowKernels, OuterProductsEqualPlainLoops) {
  for (const std::size_t dim : {8U, 16U, 40U})
    for (const std::size_t n : {0U, 1U, 64U}) {
      const auto rows = normals(n * dim, 7);
      std::vector<float> gram(dim * dim, 0.5F);
      add_outer_products(rows.data(), n, dim, gram.data());
      for (std::size_t f = 0; f < dim; ++f)
        for (std::size_t g = f; g < dim; ++g) {
          double sum = 0.5;
          for (std::size_t k = 0; k < n; ++k)
            sum += static_cast<double>(rows[k * dim + f]) * static_cast<double>(rows[k * dim + g]);
          EXPECT_NEAR(gram[f * dim + g], sum, 1e-4) << dim << ' ' << n;
        }
    }
}

TEST(RowKernels, CholeskySolvesAsEliminationDoes) {
  for (const std::size_t dim : {8U, 24U, 64U}) {
    const auto rows = normals(100 * dim, 11), target = normals(dim, 12);
    std::vector<float> matrix(dim * dim), rhs = target, solution(dim);
    for (std::size_t k = 0; k < 100; k += kBlock)
      add_outer_products(rows.data() + k * dim, std::min<std::size_t>(kBlock, 100 - k), dim, matrix.data());
    for (std::size_t f = 0; f < dim; ++f) matrix[f * dim + f] += 5;
    std::vector<double> whole(dim * dim);
    for (std::size_t f = 0; f < dim; ++f)
      for (std::size_t g = 0; g < dim; ++g)
        whole[f * dim + g] = static_cast<double>(matrix[std::min(f, g) * dim + std::max(f, g)]);
    const auto expected = solved(whole, {target.begin(), target.end()});
    ASSERT_TRUE(solve_cholesky(matrix.data(), rhs.data(), solution.data(), dim));
    for (std::size_t f = 0; f < dim; ++f) EXPECT_NEAR(solution[f], expected[f], 1e-5) << dim;
  }
  std::vector<float> negative(64, 0.F), rhs(8, 1.F), solution(8);
  negative[0] = -1;
  EXPECT_FALSE(solve_cholesky(negative.data(), rhs.data(), solution.data(), 8));
}

TEST(RowKernels, SumRowsAddsTheRowsThatArePicked) {
  for (const std::size_t dim : {8U, 16U, 24U}) {
    const auto table = normals(50 * dim, 5);
    const std::vector<std::int32_t> picked{3, 49, 0, 3, 17, 20, 21, 22, 23, 24, 25};
    std::vector<float> sums(dim, 9.F);
    sum_rows(table.data(), picked, dim, sums.data());
    for (std::size_t f = 0; f < dim; ++f) {
      double sum = 0;
      for (std::int32_t row : picked)
        sum += static_cast<double>(table[static_cast<std::size_t>(row) * dim + f]);
      EXPECT_NEAR(sums[f], sum, 1e-5);
    }
  }
}

TEST(RowKernels, AGatheredBlockAddsUpAsPlainLoopsDo) {
  constexpr std::size_t dim = 16, n_rows = 30, n = 20;
  const auto mean = normals(n_rows * dim, 1), bias = normals(n_rows, 3), stars = normals(n, 4);
  auto variance = normals(n_rows * dim, 2), weight = normals(n_rows, 5);
  for (float& value : variance) value *= value;
  for (float& value : weight) value = 0.1F + value * value;
  const auto before = normals(dim, 6);
  std::vector<std::int32_t> picked(n);
  for (std::size_t k = 0; k < n; ++k) picked[k] = static_cast<std::int32_t>((7 * k) % n_rows);
  std::vector<float> rows(kBlock * dim), vectors(3 * dim);
  RowSums sums{.x = vectors.data(), .xy = vectors.data() + dim, .variance = vectors.data() + 2 * dim};
  gather_block({mean.data(), variance.data(), bias.data(), weight.data(), dim}, picked, stars.data(),
               {0.5F, 0.25F, before.data()}, rows.data(), sums);
  double target_sum = 0, squares = 0, loss = 0;
  std::vector<double> x(dim), xy(dim), v(dim);
  for (std::size_t k = 0; k < n; ++k) {
    const auto row = static_cast<std::size_t>(picked[k]);
    const auto w = static_cast<double>(weight[row]);
    const double y = static_cast<double>(stars[k]) - 0.5 - static_cast<double>(bias[row]);
    double error = y - 0.25;
    for (std::size_t f = 0; f < dim; ++f) {
      const auto value = static_cast<double>(mean[row * dim + f]);
      x[f] += w * value;
      xy[f] += w * y * value;
      v[f] += w * static_cast<double>(variance[row * dim + f]);
      error -= value * static_cast<double>(before[f]);
      EXPECT_NEAR(rows[k * dim + f], std::sqrt(w) * value, 1e-5);
    }
    target_sum += w * y;
    squares += w * y * y;
    loss += error * error;
  }
  EXPECT_NEAR(sums.target, target_sum, 1e-4);
  EXPECT_NEAR(sums.squares, squares, 1e-4);
  EXPECT_NEAR(sums.loss, loss, 1e-3);
  for (std::size_t f = 0; f < dim; ++f) {
    EXPECT_NEAR(sums.x[f], x[f], 1e-4);
    EXPECT_NEAR(sums.xy[f], xy[f], 1e-4);
    EXPECT_NEAR(sums.variance[f], v[f], 1e-4);
  }
}

// The link that conjugate gradients end at makes the ridge regression's gradient zero.
TEST(BagPrior, EndsAtTheRidgeRegressionOfTheFactors) {
  constexpr std::size_t dim = 8;
  constexpr double l2 = 2;
  const Ratings ratings = low_rank(30, 12, 1, 0.5, 0);
  const RatingLists users = rating_lists(ratings.users, ratings.items, ratings.stars, 30);
  const RatingLists items = rating_lists(ratings.items, ratings.users, ratings.stars, 12);
  const auto factors = normals(30 * dim, 9);
  BagPrior prior(users, items, dim, l2);
  for (int k = 0; k < 200; ++k) prior.update(factors);
  StateDict state;
  prior.save(state, "");
  const auto link = state.values<float>("link", 12 * dim), intercept = state.values<float>("intercept", dim);
  for (std::size_t f = 0; f < dim; ++f) {
    std::vector<double> rest(30);
    double rest_sum = 0;
    for (std::size_t u = 0; u < 30; ++u) {
      double bag = 0;
      for (std::int32_t i : users.others_of(u))
        bag += static_cast<double>(link[static_cast<std::size_t>(i) * dim + f]);
      const double expected = static_cast<double>(intercept[f]) + bag / std::sqrt(users.count(u));
      EXPECT_NEAR(prior.prior()[u * dim + f], expected, 1e-4);
      rest[u] = static_cast<double>(factors[u * dim + f]) - expected;
      rest_sum += rest[u];
    }
    EXPECT_NEAR(rest_sum, 0, 1e-3);
    for (std::size_t i = 0; i < 12; ++i) {
      double gradient = -l2 * static_cast<double>(link[i * dim + f]);
      for (std::int32_t u : items.others_of(i))
        gradient += rest[static_cast<std::size_t>(u)] / std::sqrt(users.count(static_cast<std::size_t>(u)));
      EXPECT_NEAR(gradient, 0, 1e-3);
    }
  }
}

// The first step against the equations of the header, in double and with plain loops.
TEST(MfAls, AStepSolvesEachUsersEquations) {
  const Ratings ratings = low_rank(20, 15, 2, 0.6, 0.3);
  const Biases start = fit_biases(ratings, {});
  constexpr std::size_t dim = 8;
  for (const bool biases : {false, true}) {
    const MfShape shape{.dim = dim, .biases = biases, .global_mean = true};
    const StateDict before = after(ratings, shape, {}, 5, 0).state();
    const StateDict done = after(ratings, shape, {}, 5, 1).state();
    const double t = before.values<double>("numbers", 2)[0];
    const auto q = before.values<float>("item.mean", 15 * dim),
               item_bias = before.values<float>("item.bias", 15);
    const auto prior = before.values<float>("user.prior", 20 * dim);
    const auto precision = before.values<double>("user.precision", dim),
               of_bias = before.values<double>("user.bias_prior", 2);
    const auto p = done.values<float>("user.mean", 20 * dim), user_bias = done.values<float>("user.bias", 20);
    const auto variance = done.values<float>("user.variance", 20 * dim);
    for (std::size_t u = 0; u < 20; ++u) {
      // The bias is the last unknown, of feature 1.
      const std::size_t n = dim + (biases ? 1 : 0);
      std::vector<double> matrix(n * n), rhs(n);
      for (std::size_t f = 0; f < dim; ++f) {
        matrix[f * n + f] = precision[f];
        rhs[f] = precision[f] * static_cast<double>(prior[u * dim + f]);
      }
      if (biases) {
        matrix[n * n - 1] = of_bias[1];
        rhs[dim] = of_bias[0] * of_bias[1];
      }
      for (std::size_t k = 0; k < ratings.size(); ++k) {
        if (index(ratings.users[k]) != u) continue;
        const std::size_t i = index(ratings.items[k]);
        std::vector<double> x(n, 1.0);
        for (std::size_t f = 0; f < dim; ++f) x[f] = static_cast<double>(q[i * dim + f]);
        const double y =
            static_cast<double>(ratings.stars[k]) - start.mean - static_cast<double>(item_bias[i]);
        for (std::size_t f = 0; f < n; ++f) {
          rhs[f] += t * x[f] * y;
          for (std::size_t g = 0; g < n; ++g) matrix[f * n + g] += t * x[f] * x[g];
        }
      }
      const auto expected = solved(matrix, rhs);
      for (std::size_t f = 0; f < dim; ++f) {
        EXPECT_NEAR(p[u * dim + f], expected[f], 1e-4);
        EXPECT_NEAR(variance[u * dim + f], 1 / matrix[f * n + f], 1e-5);
      }
      if (biases) {
        EXPECT_NEAR(user_bias[u], expected[dim], 1e-4);
      }
    }
  }
}

TEST(MfAls, RecoversALowRankWorldWithoutNoise) {
  const Ratings all = low_rank(120, 80, 3, 1, 0), train = low_rank(120, 80, 3, 0.4, 0);
  for (const bool biases : {false, true}) {
    const MfTables tables =
        after(train, {.dim = 8, .biases = biases, .global_mean = true}, {}, 1, 200).tables();
    const double mean = fit_biases(train, {}).mean;
    double squares = 0;
    for (std::size_t k = 0; k < all.size(); ++k) {
      const double off = predicted(tables, mean, index(all.users[k]), index(all.items[k]), 8) -
                         static_cast<double>(all.stars[k]);
      squares += off * off;
    }
    EXPECT_LT(std::sqrt(squares / static_cast<double>(all.size())), 0.05) << biases;
  }
}

TEST(MfAls, IsTheSameToTheBitAtAnyThreadCount) {
  const Ratings ratings = low_rank(90, 70, 3, 0.5, 0.5);
  const int threads = omp_get_max_threads();
  const auto factors = [&](int n, std::uint64_t seed) {
    omp_set_num_threads(n);
    return after(ratings, {.dim = 5}, {}, seed, 9).tables().user_factors;
  };
  const auto one = factors(1, 1);
  EXPECT_EQ(one.size(), 90U * 5);
  EXPECT_EQ(factors(3, 1), one);
  EXPECT_NE(factors(1, 2), one);
  omp_set_num_threads(threads);
}

TEST(MfAls, GoesOnFromItsStateToTheBit) {
  const Ratings ratings = low_rank(60, 50, 3, 0.5, 0.5);
  for (const int first : {1, 4}) {
    MfAls straight = after(ratings, {}, {}, 1, 10), half = after(ratings, {}, {}, 1, first);
    MfAls resumed = after(ratings, {}, {}, 99, 0);
    resumed.load(half.state());
    EXPECT_EQ(resumed.steps(), first);
    while (resumed.steps() < 10) resumed.step();
    const StateDict a = straight.state(), b = resumed.state();
    for (const auto& [name, array] : a.arrays()) EXPECT_EQ(array.bytes, b.get(name).bytes) << name;
  }
  EXPECT_THROW(after(ratings, {}, {}, 1, 0).load({}), Error);
}

TEST(MfAls, RowsWithoutRatingsStayFinite) {
  Ratings ratings = low_rank(20, 15, 2, 0.5, 0.2);
  ratings.n_users += 2;
  ratings.n_items += 3;
  const MfTables tables =
      after(ratings, {.dim = 3, .biases = false, .global_mean = false}, {}, 1, 12).tables();
  EXPECT_EQ(tables.user_factors.size(), 22U * 3);
  EXPECT_TRUE(tables.user_bias.empty());
  for (float value : tables.user_factors) EXPECT_TRUE(std::isfinite(value));
  for (float value : tables.item_factors) EXPECT_TRUE(std::isfinite(value));
}

}  // namespace
