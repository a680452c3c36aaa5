// EASE and item-knn against plain ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/error.hpp"
#include "movrec/solve/topn/ease.hpp"
#include "movrec/solve/topn/item_knn.hpp"
#include "support/positive_pairs.hpp"

using namespace movrec;

namespace {

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

}  // namespace
