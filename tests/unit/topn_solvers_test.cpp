// Solvers of the top-N models against plain ones.
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "movrec/core/error.hpp"
#include "movrec/core/random.hpp"
#include "movrec/solve/bpr.hpp"
#include "movrec/solve/ease.hpp"
#include "movrec/solve/ials.hpp"
#include "movrec/solve/item_knn.hpp"
#include "solve/inverse.hpp"
#include "solve/panel_kernels.hpp"
#include "solve/rating_lists.hpp"

using namespace movrec;

namespace {

using Matrix = std::vector<double>;  // row-major

std::vector<float> normals(std::size_t n, std::uint64_t seed) {
  RandomStream random(seed, 0);
  std::vector<float> out(n);
  for (float& value : out) value = static_cast<float>(random.normal());
  return out;
}

/// By Gauss-Jordan elimination without pivoting.
Matrix inverse(Matrix a, std::size_t n) {
  Matrix out(n * n);
  for (std::size_t i = 0; i < n; ++i) out[i * n + i] = 1;
  for (std::size_t k = 0; k < n; ++k) {
    const double pivot = a[k * n + k];
    for (std::size_t j = 0; j < n; ++j) a[k * n + j] /= pivot, out[k * n + j] /= pivot;
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double factor = a[i * n + k];
      for (std::size_t j = 0; j < n; ++j)
        a[i * n + j] -= factor * a[k * n + j], out[i * n + j] -= factor * out[k * n + j];
    }
  }
  return out;
}

/// Users and items of two tastes, and pairs of either that are there by chance; a few occur twice, the last
/// user and the last item never.
Ratings two_tastes(std::int32_t n_users, std::int32_t n_items) {
  Ratings ratings;
  ratings.n_users = n_users;
  ratings.n_items = n_items;
  RandomStream random(5, 0);
  for (std::int32_t u = 0; u + 1 < n_users; ++u)
    for (std::int32_t i = 0; i + 1 < n_items; ++i) {
      if (random.uniform() > ((u + i) % 2 == 0 ? 0.5 : 0.05)) continue;
      for (int repeat = random.uniform() < 0.1 ? 2 : 1; repeat > 0; --repeat) {
        ratings.users.push_back(UserIdx{u});
        ratings.items.push_back(ItemIdx{i});
        ratings.stars.push_back(static_cast<float>(1 + random.below(5)));
      }
    }
  return ratings;
}

/// [n_users, n_items], the last stars of each pair that reach min_stars, else 0.
std::vector<float> dense(const Ratings& ratings, double min_stars) {
  std::vector<float> out(static_cast<std::size_t>(ratings.n_users) *
                         static_cast<std::size_t>(ratings.n_items));
  for (std::size_t k = 0; k < ratings.size(); ++k)
    if (static_cast<double>(ratings.stars[k]) >= min_stars)
      out[index(ratings.users[k]) * static_cast<std::size_t>(ratings.n_items) + index(ratings.items[k])] =
          ratings.stars[k];
  return out;
}

/// The same with 1 and 2 threads.
template <class Run>
void expect_same_at_any_thread_count(const Run& run) {
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto one = run();
  omp_set_num_threads(2);
  const auto two = run();
  omp_set_num_threads(threads);
  EXPECT_EQ(one, two);
}

TEST(RatingLists, PositiveOnesAscendAndOccurOnce) {
  const Ratings ratings = two_tastes(30, 20);
  const RatingLists lists = positive_lists(ratings, 3);
  const std::vector<float> table = dense(ratings, 3);
  ASSERT_EQ(lists.size(), 30U);
  std::size_t n = 0;
  for (std::size_t u = 0; u < 30; ++u) {
    const auto items = lists.others_of(u);
    EXPECT_TRUE(std::ranges::is_sorted(items, std::less_equal<>())) << "an item occurs twice";
    for (std::size_t k = 0; k < items.size(); ++k)
      EXPECT_EQ(lists.stars_of(u)[k], table[u * 20 + static_cast<std::size_t>(items[k])]);
    n += items.size();
  }
  EXPECT_EQ(n, static_cast<std::size_t>(std::ranges::count_if(table, [](float x) { return x > 0; })));
  EXPECT_EQ(lists.count(29), 0U);

  const RatingLists back = transposed(transposed(lists, 20), 30);
  EXPECT_EQ(back.begin, lists.begin);
  EXPECT_EQ(back.others, lists.others);
  EXPECT_EQ(back.stars, lists.stars);
}

TEST(RatingLists, LoadWhatTheySaveAndNothingElse) {
  const RatingLists lists = positive_lists(two_tastes(30, 20), 0);
  StateDict state;
  save_lists(lists, "a.", state);
  const RatingLists loaded = load_lists(state, "a.", 30, 20);
  EXPECT_EQ(loaded.begin, lists.begin);
  EXPECT_EQ(loaded.others, lists.others);
  EXPECT_EQ(loaded.stars, lists.stars);
  EXPECT_THROW(load_lists(state, "a.", 29, 20), Error);
  EXPECT_THROW(load_lists(state, "a.", 30, 10), Error) << "an item outside";
  const std::vector<std::int64_t> falling{0, 2, 1};
  state.set("a.begin", StateArray::of(std::span(falling), {3}));
  EXPECT_THROW(load_lists(state, "a.", 2, 20), Error);
}

TEST(PanelKernels, EqualPlainLoops) {
  constexpr std::size_t kDim = 96, kRows = 50, kTable = 70;
  const std::vector<float> table = normals(kTable * kDim, 1), vector = normals(kDim, 2);
  std::vector<std::int32_t> picked;
  for (std::size_t k = 0; k < kRows; ++k) picked.push_back(static_cast<std::int32_t>(k * 31 % kTable));
  std::vector<float> packed(kPanelRows * kDim), gram(kDim * kDim, 1.F), sums(kDim, 1.F), dots(kRows, 1.F);
  pack_rows(table.data(), kDim, 0, kDim, picked, packed.data());
  add_gram(packed.data(), kRows, kDim, -1, gram.data());
  add_weighted(packed.data(), kRows, kDim, table.data(), sums.data());
  add_dots(packed.data(), kRows, kDim, vector.data(), dots.data());
  for (std::size_t f = 0; f < kDim; ++f) {
    double sum = 1;
    for (std::size_t k = 0; k < kRows; ++k)
      sum += static_cast<double>(table[k] * table[static_cast<std::size_t>(picked[k]) * kDim + f]);
    EXPECT_NEAR(sums[f], sum, 1e-4);
    for (std::size_t g = f; g < kDim; ++g) {
      double product = 1;
      for (const std::int32_t row : picked)
        product -= static_cast<double>(table[static_cast<std::size_t>(row) * kDim + f]) *
                   static_cast<double>(table[static_cast<std::size_t>(row) * kDim + g]);
      EXPECT_NEAR(gram[f * kDim + g], product, 1e-4) << f << ' ' << g;
    }
  }
  for (std::size_t k = 0; k < kRows; ++k) {
    double dot = 1;
    for (std::size_t f = 0; f < kDim; ++f)
      dot += static_cast<double>(table[static_cast<std::size_t>(picked[k]) * kDim + f]) *
             static_cast<double>(vector[f]);
    EXPECT_NEAR(dots[k], dot, 1e-4);
  }
}

TEST(PanelKernels, SolveEquations) {
  for (const std::size_t dim : {32U, 96U, 256U}) {
    const std::vector<float> rows = normals(kPanelRows * dim, 3), solution = normals(dim, 4);
    std::vector<float> packed(kPanelRows * dim), matrix(dim * dim), rhs(dim), work(kPanelRows * dim);
    std::vector<std::int32_t> all;
    for (std::int32_t k = 0; k < static_cast<std::int32_t>(kPanelRows); ++k) all.push_back(k);
    pack_rows(rows.data(), dim, 0, dim, all, packed.data());
    add_gram(packed.data(), kPanelRows, dim, 1, matrix.data());
    for (std::size_t f = 0; f < dim; ++f) matrix[f * dim + f] += 20;
    for (std::size_t f = 0; f < dim; ++f) {
      double sum = 0;
      for (std::size_t g = 0; g < dim; ++g)
        sum += static_cast<double>(f <= g ? matrix[f * dim + g] : matrix[g * dim + f]) *
               static_cast<double>(solution[g]);
      rhs[f] = static_cast<float>(sum);
    }
    std::vector<float> indefinite = matrix;
    indefinite[(dim - 1) * dim + dim - 1] = -1;
    std::vector<float> kept = rhs;
    ASSERT_TRUE(solve_panels(matrix.data(), rhs.data(), dim, work.data()));
    for (std::size_t f = 0; f < dim; ++f) EXPECT_NEAR(rhs[f], solution[f], 2e-4) << dim << ' ' << f;
    EXPECT_FALSE(solve_panels(indefinite.data(), kept.data(), dim, work.data()));
  }
}

TEST(PanelKernels, ProductsOfARowDoNotDependOnTheOthers) {
  constexpr std::size_t kDim = 300, kRows = 21;
  const std::vector<float> rows = normals(kRows * kDim, 5), panel = normals(kDim * kPanel, 6);
  std::vector<float> all(kRows * kPanel), one(kPanel);
  multiply_panel(rows.data(), kDim, kRows, kDim, panel.data(), all.data(), kPanel);
  for (std::size_t row = 0; row < kRows; ++row) {
    multiply_panel(rows.data() + row * kDim, kDim, 1, kDim, panel.data(), one.data(), kPanel);
    for (std::size_t k = 0; k < kPanel; ++k) {
      EXPECT_EQ(one[k], all[row * kPanel + k]);
      double sum = 0;
      for (std::size_t f = 0; f < kDim; ++f)
        sum += static_cast<double>(rows[row * kDim + f]) * static_cast<double>(panel[f * kPanel + k]);
      EXPECT_NEAR(one[k], sum, 1e-4);
    }
  }
}

TEST(Inverse, EqualsElimination) {
  for (const std::size_t n : {1U, 2U, 191U, 192U, 193U, 500U}) {
    const std::vector<float> rows = normals(n * 40, 7);
    std::vector<float> matrix(n * n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t k = 0; k < 40; ++k) matrix[i * n + j] += rows[i * 40 + k] * rows[j * 40 + k];
        if (i == j) matrix[i * n + j] += 10;
      }
    const Matrix expected = inverse(Matrix(matrix.begin(), matrix.end()), n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = i + 1; j < n; ++j) matrix[i * n + j] = NAN;  // only the lower triangle is read
    std::vector<float> singular = matrix;
    ASSERT_TRUE(invert(matrix.data(), n));
    for (std::size_t k = 0; k < n * n; ++k) ASSERT_NEAR(matrix[k], expected[k], 1e-5) << n << ' ' << k;
    singular[n * n - 1] = -1;
    EXPECT_FALSE(invert(singular.data(), n));
  }
}

TEST(Ease, EqualsTheFullInverse) {
  const Ratings ratings = two_tastes(80, 230);
  const std::size_t n = 230;
  for (const EaseShape& shape :
       {EaseShape{.l2 = 3}, EaseShape{.l2 = 2, .item_dropout = 0.4, .stars_weight = 0.2, .mean_stars = 3}}) {
    const std::vector<float> table = dense(ratings, 2);
    Matrix gram(n * n);
    for (std::size_t u = 0; u < 80; ++u)
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
          if (table[u * n + i] > 0 && table[u * n + j] > 0)
            gram[i * n + j] += (1 + shape.stars_weight * (static_cast<double>(table[u * n + i]) - 3)) *
                               (1 + shape.stars_weight * (static_cast<double>(table[u * n + j]) - 3));
    for (std::size_t i = 0; i < n; ++i)
      gram[i * n + i] += shape.l2 + gram[i * n + i] * shape.item_dropout / (1 - shape.item_dropout);
    const Matrix p = inverse(gram, n);
    const std::vector<float> weights = fit_ease(ratings, 2, shape);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        ASSERT_NEAR(weights[i * n + j], i == j ? 0 : -p[i * n + j] / p[j * n + j], 2e-5) << i << ' ' << j;
  }
  expect_same_at_any_thread_count([&] { return fit_ease(ratings, 0, {.l2 = 1}); });
}

TEST(Ease, SaysWhatItCannotDo) {
  Ratings ratings = two_tastes(5, 4);
  for (const float weight : fit_ease(ratings, 9, {.l2 = 0})) EXPECT_EQ(weight, 0) << "nothing is positive";
  ratings.n_items = 30'000'000;
  try {
    fit_ease(ratings, 0, {});
    FAIL() << "3.6 PB fitted into memory";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the weights between 30000000 items do not fit into memory");
    EXPECT_NE(error.why().find("3600000.0 GB"), std::string::npos) << error.why();
  }
  // Two items that the same users have: without a penalty there is no one solution.
  Ratings twins;
  twins.users = {UserIdx{0}, UserIdx{0}};
  twins.items = {ItemIdx{0}, ItemIdx{1}};
  twins.stars = {5, 5};
  twins.n_users = 1;
  twins.n_items = 2;
  EXPECT_THROW(fit_ease(twins, 0, {.l2 = 0}), Error);
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

TEST(ItemKnn, EqualsCounting) {
  const Ratings ratings = two_tastes(60, 50);
  const std::vector<float> table = dense(ratings, 2);
  const std::size_t n = 50;
  const int neighbours = 7;
  const double damping = 3;
  Matrix similar(n * n);
  const auto common = [&](std::size_t i, std::size_t j) {
    double users = 0;
    for (std::size_t u = 0; u < 60; ++u) users += table[u * n + i] > 0 && table[u * n + j] > 0;
    return users;
  };
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      if (i != j) similar[i * n + j] = common(i, j) / (std::sqrt(common(i, i) * common(j, j)) + damping);
  std::vector<float> expected(n * n);  // [i, j]: i counts for j
  for (std::size_t j = 0; j < n; ++j) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < n; ++i)
      if (similar[i * n + j] > 0) order.push_back(i);
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
      const auto x = static_cast<float>(similar[a * n + j]), y = static_cast<float>(similar[b * n + j]);
      return x > y || (x == y && a < b);
    });
    order.resize(std::min<std::size_t>(order.size(), neighbours));
    for (const std::size_t i : order) expected[i * n + j] = static_cast<float>(similar[i * n + j]);
  }
  const ItemWeights weights = fit_item_knn(ratings, 2, neighbours, damping);
  std::vector<float> found(n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = weights.begin[i]; k < weights.begin[i + 1]; ++k)
      found[i * n + static_cast<std::size_t>(weights.others[k])] = weights.weights[k];
  EXPECT_EQ(found, expected);
  expect_same_at_any_thread_count([&] { return fit_item_knn(ratings, 2, neighbours, damping).weights; });
}

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
