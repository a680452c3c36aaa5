// BPR against the plain step.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "movrec/solve/topn/bpr.hpp"
#include "solve/common/rating_lists.hpp"
#include "support/positive_pairs.hpp"

using namespace movrec;

namespace {

TEST(Bpr, TakesThePlainStep) {
  // One user with one of two items: j is always the other one.
  Ratings ratings;
  ratings.users = {UserIdx{0}};
  ratings.items = {ItemIdx{1}};
  ratings.stars = {4};
  ratings.n_users = 1;
  ratings.n_items = 2;
  const BprShape shape{.dim = 3, .init_std = 0.5, .l2 = 0.1};
  Bpr solver(ratings, 0, shape, 1);
  const double lr = 0.2;
  BprTables t = solver.tables();
  for (int epoch = 0; epoch < 5; ++epoch) {
    std::vector<double> p(3), qi(3), qj(3);
    double x = static_cast<double>(t.item_bias[1] - t.item_bias[0]);
    for (std::size_t f = 0; f < 3; ++f) {
      p[f] = static_cast<double>(t.user_factors[f]);
      qj[f] = static_cast<double>(t.item_factors[f]);
      qi[f] = static_cast<double>(t.item_factors[3 + f]);
      x += p[f] * (qi[f] - qj[f]);
    }
    const double e = 1 / (1 + std::exp(x));
    solver.step(lr);
    const BprTables now = solver.tables();
    for (std::size_t f = 0; f < 3; ++f) {
      EXPECT_NEAR(now.user_factors[f], p[f] + lr * (e * (qi[f] - qj[f]) - 0.1 * p[f]), 1e-6);
      EXPECT_NEAR(now.item_factors[3 + f], qi[f] + lr * (e * p[f] - 0.1 * qi[f]), 1e-6);
      EXPECT_NEAR(now.item_factors[f], qj[f] + lr * (-e * p[f] - 0.1 * qj[f]), 1e-6);
    }
    const double keep = 1 - lr * 0.1;
    EXPECT_NEAR(now.item_bias[1], keep * static_cast<double>(t.item_bias[1]) + lr * e, 1e-6);
    EXPECT_NEAR(now.item_bias[0], keep * static_cast<double>(t.item_bias[0]) - lr * e, 1e-6);
    EXPECT_NEAR(solver.loss(), std::log1p(std::exp(-x)), 1e-6);
    t = now;
  }
}

/// The share of pairs of a user's and another item that are in the right order.
double area_under_curve(const RatingLists& lists, const BprTables& t, std::size_t dim) {
  double right = 0, n = 0;
  for (std::size_t u = 0; u < lists.size(); ++u) {
    const auto has = lists.others_of(u);
    const std::set<std::int32_t> own(has.begin(), has.end());
    std::vector<double> scores(t.item_bias.begin(), t.item_bias.end());
    for (std::size_t i = 0; i < scores.size(); ++i)
      for (std::size_t f = 0; f < dim; ++f)
        scores[i] += static_cast<double>(t.user_factors[u * dim + f] * t.item_factors[i * dim + f]);
    for (const std::int32_t i : has)
      for (std::int32_t j = 0; j < std::ssize(scores); ++j)
        if (!own.contains(j)) {
          ++n;
          right += scores[static_cast<std::size_t>(i)] > scores[static_cast<std::size_t>(j)];
        }
  }
  return right / n;
}

TEST(Bpr, LearnsToRankAndFoldsIn) {
  const Ratings ratings = two_tastes(150, 200);  // two stripes
  const RatingLists lists = positive_lists(ratings, 0);
  const BprShape shape{.dim = 8, .init_std = 0.1, .l2 = 0.01};
  Bpr solver(ratings, 0, shape, 1);
  ASSERT_EQ(solver.steps_per_epoch(), 2);
  for (int k = 0; k < 60; ++k) solver.step(0.05);
  BprTables tables = solver.tables();
  EXPECT_GT(area_under_curve(lists, tables, 8), 0.85);
  EXPECT_EQ(tables.user_factors[149 * 8], 0) << "nothing is known of the last user";
  const BprFoldIn fold_in(tables.item_factors, tables.item_bias, shape,
                          {.epochs = 30, .lr = 0.05, .seed = 1});
  std::vector<float> again(8);
  for (std::size_t u = 0; u < 149; ++u) {
    fold_in.solve(lists.others_of(u), std::span(tables.user_factors).subspan(u * 8, 8));
    fold_in.solve(lists.others_of(u), again);
    EXPECT_TRUE(std::ranges::equal(again, std::span(tables.user_factors).subspan(u * 8, 8)));
  }
  EXPECT_GT(area_under_curve(lists, tables, 8), 0.85);
}

TEST(Bpr, IsTheSameAtAnyThreadCountAndAfterLoading) {
  const Ratings ratings = two_tastes(150, 200);
  const BprShape shape{.dim = 20};
  const auto after = [&](Bpr solver, int steps) {
    for (int k = 0; k < steps; ++k) solver.step(0.05);
    return solver;
  };
  expect_same_at_any_thread_count([&] { return after(Bpr(ratings, 0, shape, 1), 7).tables().user_factors; });
  Bpr loaded(ratings, 0, shape, 1);
  loaded.load(after(Bpr(ratings, 0, shape, 1), 3).state());  // in the middle of the second epoch
  const Bpr straight = after(Bpr(ratings, 0, shape, 1), 8), resumed = after(std::move(loaded), 5);
  EXPECT_EQ(straight.tables().user_factors, resumed.tables().user_factors);
  EXPECT_EQ(straight.tables().item_factors, resumed.tables().item_factors);
  EXPECT_EQ(straight.tables().item_bias, resumed.tables().item_bias);
  EXPECT_EQ(straight.loss(), resumed.loss());
}

TEST(Bpr, LeavesOutUsersWhoHaveEverything) {
  Ratings ratings;
  ratings.users = {UserIdx{0}, UserIdx{0}};
  ratings.items = {ItemIdx{0}, ItemIdx{1}};
  ratings.stars = {4, 4};
  ratings.n_users = 1;
  ratings.n_items = 2;
  Bpr solver(ratings, 0, {.dim = 2}, 1);
  const std::vector<float> before = solver.tables().item_factors;
  solver.step(0.1);
  EXPECT_EQ(solver.loss(), 0);
  EXPECT_EQ(solver.tables().item_factors, before);
}

}  // namespace
