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

/// What a pair of a dense table weighs, 0 where there is none.
double weight(float count, double confidence) {
  if (count <= 0) return 0;
  return count < 1 ? 1 : 1 + confidence * std::log(static_cast<double>(count));
}

/// As counts, of which some are below 1 and few are high.
Ratings counted(Ratings ratings) {
  constexpr float kCounts[] = {0.5F, 1, 7, 60, 3000};
  for (float& stars : ratings.stars) stars = kCounts[static_cast<std::size_t>(stars) - 1];
  return ratings;
}

std::size_t n_pairs(const std::vector<float>& table) {
  return static_cast<std::size_t>(std::ranges::count_if(table, [](float count) { return count > 0; }));
}

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
  std::vector<double> of_user(n_users), of_item(n_items);
  for (std::size_t u = 0; u < n_users; ++u)
    for (std::size_t i = 0; i < n_items; ++i) {
      double score = 0;
      for (std::size_t f = 0; f < dim; ++f)
        score += static_cast<double>(p[u * dim + f]) * static_cast<double>(q[i * dim + f]);
      const double w = weight(table[u * n_items + i], shape.confidence);
      sum += shape.alpha * score * score + w * (1 - score) * (1 - score);
      of_user[u] += w, of_item[i] += w;
    }
  for (std::size_t u = 0; u < n_users; ++u)
    sum += shape.l2 * (of_user[u] + shape.alpha * static_cast<double>(n_items)) * squares(p, u);
  for (std::size_t i = 0; i < n_items; ++i)
    sum += shape.l2 * (of_item[i] + shape.alpha * static_cast<double>(n_users)) * squares(q, i);
  return sum;
}

/// Solves for factors [begin, end) of all `rows` of one side, the others held; `table` [n, n_held].
void plain_step(const std::vector<float>& table,
                std::size_t n_held,
                const std::vector<float>& held,
                const IalsShape& shape,
                std::size_t begin,
                std::size_t end,
                std::vector<float>& rows) {
  const std::size_t dim = shape.dim, width = end - begin;
  for (std::size_t row = 0; row < rows.size() / dim; ++row) {
    Matrix a(width * width), b(width);
    double total = 0;
    for (std::size_t k = 0; k < n_held; ++k) {
      const double w = weight(table[row * n_held + k], shape.confidence);
      total += w;
      double rest = 0;
      for (std::size_t f = 0; f < dim; ++f)
        if (f < begin || f >= end)
          rest += static_cast<double>(rows[row * dim + f]) * static_cast<double>(held[k * dim + f]);
      for (std::size_t f = 0; f < width; ++f) {
        const auto x = static_cast<double>(held[k * dim + begin + f]);
        b[f] += (w * (1 - rest) - shape.alpha * rest) * x;
        for (std::size_t g = 0; g < width; ++g)
          a[f * width + g] += (shape.alpha + w) * x * static_cast<double>(held[k * dim + begin + g]);
      }
    }
    for (std::size_t f = 0; f < width; ++f)
      a[f * width + f] += shape.l2 * (total + shape.alpha * static_cast<double>(n_held));
    const Matrix inverted = inverse(a, width);
    for (std::size_t f = 0; f < width; ++f) {
      double x = 0;
      for (std::size_t g = 0; g < width; ++g) x += inverted[f * width + g] * b[g];
      rows[row * dim + begin + f] = total > 0 ? static_cast<float>(x) : 0;
    }
  }
}

/// Holds three epochs of the solver to plain ones.
void expect_dense_solves(const Ratings& ratings, double min_stars, const IalsShape& shape) {
  const auto n_users = static_cast<std::size_t>(ratings.n_users),
             n_items = static_cast<std::size_t>(ratings.n_items);
  const std::vector<float> table = dense(ratings, min_stars);
  std::vector<float> turned(table.size());
  for (std::size_t u = 0; u < n_users; ++u)
    for (std::size_t i = 0; i < n_items; ++i) turned[i * n_users + u] = table[u * n_items + i];
  Ials solver(ratings, min_stars, shape, 1);
  std::vector<float> p = solver.user_factors(), q = solver.item_factors();
  const std::size_t block = shape.block > 0 ? shape.block : shape.dim;
  ASSERT_EQ(static_cast<std::size_t>(solver.steps_per_epoch()), 2 * ((shape.dim + block - 1) / block));
  for (int epoch = 0; epoch < 3; ++epoch) {
    for (std::size_t begin = 0; begin < shape.dim; begin += block) {
      const std::size_t end = std::min(begin + block, shape.dim);
      plain_step(turned, n_users, p, shape, begin, end, q);
      plain_step(table, n_items, q, shape, begin, end, p);
      solver.step();
      solver.step();
    }
    const std::vector<float> users = solver.user_factors(), items = solver.item_factors();
    for (std::size_t k = 0; k < p.size(); ++k) ASSERT_NEAR(users[k], p[k], 1e-4) << epoch << ' ' << k;
    for (std::size_t k = 0; k < q.size(); ++k) ASSERT_NEAR(items[k], q[k], 1e-4) << epoch << ' ' << k;
    EXPECT_NEAR(solver.loss(),
                objective(table, n_users, n_items, p, q, shape) / static_cast<double>(n_pairs(table)), 1e-5);
  }
}

TEST(Ials, EqualsDenseSolves) {
  const Ratings stars = two_tastes(50, 40), counts = counted(stars);
  expect_dense_solves(stars, 2, {.dim = 6, .alpha = 0.2, .l2 = 0.02});
  expect_dense_solves(counts, 0, {.dim = 6, .alpha = 0.2, .l2 = 0.02, .confidence = 0.8});
  expect_dense_solves(stars, 2, {.dim = 80, .block = 32, .alpha = 0.2, .l2 = 0.05});
  expect_dense_solves(counts, 0, {.dim = 80, .block = 32, .alpha = 0.2, .l2 = 0.05, .confidence = 0.8});
}

TEST(Ials, LooksAtCountsOnlyWithConfidence) {
  const Ratings stars = two_tastes(50, 40), counts = counted(stars);
  const auto factors = [](const Ratings& ratings, double confidence) {
    Ials solver(ratings, 0, {.dim = 6, .alpha = 0.2, .l2 = 0.02, .confidence = confidence}, 1);
    for (int k = 0; k < 4; ++k) solver.step();
    return solver.user_factors();
  };
  EXPECT_EQ(factors(stars, 0), factors(counts, 0));
  EXPECT_NE(factors(stars, 0.5), factors(counts, 0.5));
  const IalsShape shape{.confidence = 0.5};
  EXPECT_EQ(shape.weight(0), 1);
  EXPECT_EQ(shape.weight(0.2F), 1);
  EXPECT_EQ(shape.weight(1), 1);
  EXPECT_NEAR(shape.weight(1000), 4.4539, 1e-4);
}

TEST(Ials, BlocksFallToTheSameMinimum) {
  const Ratings ratings = two_tastes(50, 40);
  const std::vector<float> table = dense(ratings, 0);
  const auto n = static_cast<double>(n_pairs(table));
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
  const Ratings ratings = counted(two_tastes(50, 40));
  const RatingLists lists = positive_lists(ratings, 0);
  using Case = std::pair<IalsShape, double>;  // and how far off
  for (const auto& [shape, tolerance] :
       {Case{{.dim = 64, .alpha = 0.2, .l2 = 0.05}, 1e-6},
        Case{{.dim = 64, .alpha = 0.2, .l2 = 0.05, .confidence = 0.5}, 1e-6},
        Case{{.dim = 64, .block = 32, .alpha = 0.2, .l2 = 0.05}, 1e-2},
        Case{{.dim = 64, .block = 32, .alpha = 0.2, .l2 = 0.2, .confidence = 0.5}, 1e-4}}) {
    Ials solver(ratings, 0, shape, 1);
    for (int k = 0; k < 60; ++k) solver.step();
    const std::vector<float> users = solver.user_factors(), items = solver.item_factors();
    const IalsFoldIn fold_in(items, shape);
    std::vector<float> factors(64);
    for (std::size_t u = 0; u < 50; ++u) {
      fold_in.solve(lists.others_of(u), lists.stars_of(u), factors);
      for (std::size_t f = 0; f < 64; ++f)
        ASSERT_NEAR(factors[f], users[u * 64 + f], tolerance) << u << ' ' << f;
    }
  }
}

TEST(Ials, IsTheSameAtAnyThreadCountAndAfterLoading) {
  const Ratings ratings = two_tastes(70, 40);
  for (const auto& [block, confidence] : {std::pair{0U, 0.0}, {32U, 0.0}, {32U, 0.5}}) {
    const IalsShape shape{.dim = 70, .block = block, .alpha = 0.2, .l2 = 0.01, .confidence = confidence};
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
