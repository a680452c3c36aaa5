// Lists of ratings, the kernels of the top-N solvers and inverses, against plain loops.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/inverse.hpp"
#include "kernels/panel_kernels.hpp"
#include "movrec/core/error.hpp"
#include "solve/common/rating_lists.hpp"
#include "support/positive_pairs.hpp"

using namespace movrec;

namespace {

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

TEST(PanelKernels, ScaleRows) {
  constexpr std::size_t kDim = 64, kRows = 50;
  const std::vector<float> table = normals(kRows * kDim, 1), factors = normals(kRows, 2);
  std::vector<float> scaled = table;
  for (std::size_t k = 0; k < kRows * kDim; ++k) scaled[k] *= factors[k / kDim];
  std::vector<std::int32_t> all;
  for (std::int32_t k = 0; k < static_cast<std::int32_t>(kRows); ++k) all.push_back(k);
  std::vector<float> packed(kPanelRows * kDim), expected(packed.size());
  pack_rows(table.data(), kDim, 0, kDim, all, packed.data());
  pack_rows(scaled.data(), kDim, 0, kDim, all, expected.data());
  scale_rows(packed.data(), kRows, kDim, factors.data());
  EXPECT_EQ(packed, expected);
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

}  // namespace
