// iALS against dense solves.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/error.hpp"
#include "movrec/solve/topn/ials.hpp"
#include "solve/common/rating_lists.hpp"
#include "support/positive_pairs.hpp"

using namespace movrec;

namespace {

/// The objective of Ials.
double objective(const std::vector<float>& table,
                 std::size_t n_users,
                 std::size_t n_items,
                 const std::vector<float>& p,
                 const std::vector<float>& q,
                 const IalsShape& shape) {
  const std::size_t dim = shape.dim;
  double sum = 0;
  const auto squares = [&](const std::vector<float>& rows, std::size_t row) {
    double out = 0;
    for (std::size_t f = 0; f < dim; ++f) out += std::pow(static_cast<double>(rows[row * dim + f]), 2);
    return out;
  };
  std::vector<double> count_u(n_users), count_i(n_items);
  for (std::size_t u = 0; u < n_users; ++u)
    for (std::size_t i = 0; i < n_items; ++i) {
      double score = 0;
      for (std::size_t f = 0; f < dim; ++f)
        score += static_cast<double>(p[u * dim + f]) * static_cast<double>(q[i * dim + f]);
      sum += shape.alpha * score * score;
      if (table[u * n_items + i] <= 0) continue;
      sum += (1 - score) * (1 - score);
      ++count_u[u], ++count_i[i];
    }
  for (std::size_t u = 0; u < n_users; ++u)
    sum += shape.l2 * (count_u[u] + shape.alpha * static_cast<double>(n_items)) * squares(p, u);
  for (std::size_t i = 0; i < n_items; ++i)
    sum += shape.l2 * (count_i[i] + shape.alpha * static_cast<double>(n_users)) * squares(q, i);
  return sum;
}

/// Solves for all rows of one side; `table` [n, n_held] says which pairs are positive.
std::vector<float> plain_step(const std::vector<float>& table,
                              std::size_t n,
                              std::size_t n_held,
                              const std::vector<float>& held,
                              const IalsShape& shape) {
  const std::size_t dim = shape.dim;
  std::vector<float> out(n * dim);
  for (std::size_t row = 0; row < n; ++row) {
    Matrix a(dim * dim), b(dim);
    double count = 0;
    for (std::size_t k = 0; k < n_held; ++k) {
      const bool positive = table[row * n_held + k] > 0;
      count += positive;
      for (std::size_t f = 0; f < dim; ++f) {
        const auto x = static_cast<double>(held[k * dim + f]);
        if (positive) b[f] += x;
        for (std::size_t g = 0; g < dim; ++g)
          a[f * dim + g] += (shape.alpha + positive) * x * static_cast<double>(held[k * dim + g]);
      }
    }
    for (std::size_t f = 0; f < dim; ++f)
      a[f * dim + f] += shape.l2 * (count + shape.alpha * static_cast<double>(n_held));
    const Matrix inverted = inverse(a, dim);
    for (std::size_t f = 0; f < dim; ++f) {
      double x = 0;
      for (std::size_t g = 0; g < dim; ++g) x += inverted[f * dim + g] * b[g];
      out[row * dim + f] = static_cast<float>(x);
    }
  }
  return out;
}

TEST(Ials, EqualsDenseSolves) {
  const std::size_t n_users = 50, n_items = 40;
  const Ratings ratings = two_tastes(50, 40);
  const IalsShape shape{.dim = 6, .alpha = 0.2, .l2 = 0.02};
  const std::vector<float> table = dense(ratings, 2);
  std::vector<float> turned(table.size());
  for (std::size_t u = 0; u < n_users; ++u)
    for (std::size_t i = 0; i < n_items; ++i) turned[i * n_users + u] = table[u * n_items + i];
  Ials solver(ratings, 2, shape, 1);
  ASSERT_EQ(solver.steps_per_epoch(), 2);
  std::vector<float> p = solver.user_factors(), q = solver.item_factors();
  for (int epoch = 0; epoch < 3; ++epoch) {
    q = plain_step(turned, n_items, n_users, p, shape);
    p = plain_step(table, n_users, n_items, q, shape);
    solver.step();
    solver.step();
    const std::vector<float> users = solver.user_factors(), items = solver.item_factors();
    for (std::size_t k = 0; k < p.size(); ++k) ASSERT_NEAR(users[k], p[k], 1e-4) << epoch << ' ' << k;
    for (std::size_t k = 0; k < q.size(); ++k) ASSERT_NEAR(items[k], q[k], 1e-4) << epoch << ' ' << k;
    const auto n = static_cast<double>(std::ranges::count_if(table, [](float x) { return x > 0; }));
    EXPECT_NEAR(solver.loss(), objective(table, n_users, n_items, p, q, shape) / n, 1e-5);
  }
}

TEST(Ials, BlocksFallToTheSameMinimum) {
  const Ratings ratings = two_tastes(50, 40);
  const std::vector<float> table = dense(ratings, 0);
  const auto n = static_cast<double>(std::ranges::count_if(table, [](float x) { return x > 0; }));
  IalsShape shape{.dim = 80, .alpha = 0.2, .l2 = 0.05};
  Ials whole(ratings, 0, shape, 1);
  for (int k = 0; k < 100; ++k) whole.step();
  shape.block = 32;
  Ials blocks(ratings, 0, shape, 1);
  ASSERT_EQ(blocks.steps_per_epoch(), 6);
  double last = 1e9;
  for (int epoch = 0; epoch < 50; ++epoch) {
    for (int k = 0; k < 6; ++k) blocks.step();
    EXPECT_LE(blocks.loss(), last + 1e-6) << epoch;
    last = blocks.loss();
    if (epoch % 10 == 0) {
      EXPECT_NEAR(last, objective(table, 50, 40, blocks.user_factors(), blocks.item_factors(), shape) / n,
                  1e-5);
    }
  }
  EXPECT_NEAR(last, whole.loss(), 1e-4);
}

TEST(Ials, FoldsInWhatItWasTrainedOn) {
  const Ratings ratings = two_tastes(50, 40);
  const RatingLists lists = positive_lists(ratings, 0);
  for (const std::size_t block : {0U, 32U}) {
    const IalsShape shape{.dim = 64, .block = block, .alpha = 0.2, .l2 = 0.05};
    Ials solver(ratings, 0, shape, 1);
    for (int k = 0; k < 60; ++k) solver.step();
    const std::vector<float> users = solver.user_factors(), items = solver.item_factors();
    const IalsFoldIn fold_in(items, shape);
    std::vector<float> factors(64);
    for (std::size_t u = 0; u < 50; ++u) {
      fold_in.solve(lists.others_of(u), factors);
      for (std::size_t f = 0; f < 64; ++f)
        ASSERT_NEAR(factors[f], users[u * 64 + f], block == 0 ? 1e-6 : 1e-2) << u << ' ' << f;
    }
  }
}

TEST(Ials, IsTheSameAtAnyThreadCountAndAfterLoading) {
  const Ratings ratings = two_tastes(70, 40);
  for (const std::size_t block : {0U, 32U}) {
    const IalsShape shape{.dim = 70, .block = block, .alpha = 0.2, .l2 = 0.01};
    const auto after = [&](Ials solver, int steps) {
      for (int k = 0; k < steps; ++k) solver.step();
      return solver;
    };
    expect_same_at_any_thread_count([&] { return after(Ials(ratings, 0, shape, 1), 7).user_factors(); });
    Ials loaded(ratings, 0, shape, 2);
    loaded.load(after(Ials(ratings, 0, shape, 1), 3).state());
    const Ials straight = after(Ials(ratings, 0, shape, 1), 10), resumed = after(std::move(loaded), 7);
    EXPECT_EQ(straight.user_factors(), resumed.user_factors());
    EXPECT_EQ(straight.item_factors(), resumed.item_factors());
    EXPECT_EQ(straight.loss(), resumed.loss());
  }
  EXPECT_THROW(Ials(ratings, 0, {.dim = 8}, 1).load({}), Error);
}

TEST(Ials, WithoutASolutionSaysSo) {
  Ials solver(two_tastes(50, 40), 0, {.dim = 64, .alpha = 0, .l2 = 0}, 1);
  EXPECT_THROW(solver.step(), Error);
}

}  // namespace
