#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "data/synthetic_world.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/random.hpp"
#include "movrec/data/split.hpp"
#include "movrec/solve/common/bias.hpp"

using namespace movrec;
using testing::DoubleNear;
using testing::HasSubstr;

namespace {

Dataset synthetic(std::int64_t users, std::int64_t items, std::int64_t ratings, std::uint64_t seed = 1) {
  DataOptions options;
  options.dataset = "synthetic";
  options.synthetic_users = users;
  options.synthetic_items = items;
  options.synthetic_ratings = ratings;
  options.synthetic_seed = seed;
  return load_dataset(options, {});
}

double rmse(const Ratings& rows, const auto& predict) {
  double sum = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const double error = static_cast<double>(rows.stars[row]) -
                         std::clamp(static_cast<double>(predict(rows.users[row], rows.items[row])), 1.0, 5.0);
    sum += error * error;
  }
  return std::sqrt(sum / static_cast<double>(rows.size()));
}

/// Factors over fixed biases by plain stochastic gradient descent: the least that `mf` must reach.
double factor_rmse(const Ratings& train, const Ratings& test, const Biases& biases) {
  constexpr std::size_t kDim = 12;
  constexpr int kEpochs = 25;
  constexpr float kPenalty = 0.08F;
  RandomStream random(1, 0);
  std::vector<float> users(static_cast<std::size_t>(train.n_users) * kDim),
      items(static_cast<std::size_t>(train.n_items) * kDim);
  for (auto* table : {&users, &items})
    for (float& x : *table) x = static_cast<float>(0.1 * random.normal());
  const auto predict = [&](UserIdx user, ItemIdx item) {
    float x = biases.predict(user, item);
    for (std::size_t k = 0; k < kDim; ++k) x += users[index(user) * kDim + k] * items[index(item) * kDim + k];
    return x;
  };
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    const float rate = 0.025F * (1 - static_cast<float>(epoch) / kEpochs);
    for (const std::uint32_t row : random_permutation(train.size(), 2, static_cast<std::uint64_t>(epoch))) {
      const float error = train.stars[row] - predict(train.users[row], train.items[row]);
      for (std::size_t k = 0; k < kDim; ++k) {
        float& p = users[index(train.users[row]) * kDim + k];
        float& q = items[index(train.items[row]) * kDim + k];
        const float step_p = error * q - kPenalty * p, step_q = error * p - kPenalty * q;
        p += rate * step_p;
        q += rate * step_q;
      }
    }
  }
  return rmse(test, predict);
}

TEST(Synthetic, ConstantBiasFactorsAndTruthAreClearlyApart) {
  const Dataset dataset = synthetic(1000, 500, 50'000);
  EXPECT_EQ(dataset.ratings.size(), 50'000U);
  EXPECT_EQ(dataset.ratings.n_users, 1000);
  EXPECT_EQ(dataset.ratings.n_items, 500);
  const Split split = make_split(dataset, {});
  const Ratings train = dataset.ratings.subset(split.train), test = dataset.ratings.subset(split.test);
  const Biases biases = fit_biases(train, {});
  const double constant = rmse(test, [&](UserIdx, ItemIdx) { return biases.mean; });
  const double bias = rmse(test, [&](UserIdx u, ItemIdx i) { return biases.predict(u, i); });
  const double factors = factor_rmse(train, test, biases);
  EXPECT_LT(bias, constant - 0.1);
  EXPECT_LT(factors, bias - 0.05);
  ASSERT_TRUE(dataset.best_rmse.has_value());
  EXPECT_LT(*dataset.best_rmse, factors - 0.05);
  EXPECT_GT(*dataset.best_rmse, 0.5);
}

TEST(Synthetic, IsAPureFunctionOfItsOptions) {
  const int n_threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const Dataset one = synthetic(300, 200, 9000);
  omp_set_num_threads(3);
  const Dataset three = synthetic(300, 200, 9000);
  omp_set_num_threads(n_threads);
  EXPECT_EQ(one.checksum, three.checksum);
  EXPECT_EQ(*one.best_rmse, *three.best_rmse);
  EXPECT_EQ(one.catalog.titles, three.catalog.titles);
  EXPECT_NE(synthetic(300, 200, 9000, 2).checksum, one.checksum);
}

TEST(Synthetic, KeepsItsPromisesOnRows) {
  const Dataset dataset = synthetic(500, 300, 20'000);
  const Ratings& ratings = dataset.ratings;
  std::set<std::pair<int, int>> pairs;
  for (std::size_t row = 0; row < ratings.size(); ++row) {
    EXPECT_TRUE(pairs.emplace(number(ratings.users[row]), number(ratings.items[row])).second);
    const bool is_star = ratings.stars[row] >= 1 && ratings.stars[row] <= 5 &&
                         ratings.stars[row] == std::floor(ratings.stars[row]);
    EXPECT_TRUE(is_star) << ratings.stars[row];
    if (row > 0 && ratings.users[row] == ratings.users[row - 1]) {
      EXPECT_GT(ratings.times[row], ratings.times[row - 1]);
    }
  }
  const auto per_user = ratings_per_user(ratings), per_item = ratings_per_item(ratings);
  EXPECT_GE(std::ranges::min(per_user), 20);
  EXPECT_LE(std::ranges::max(per_user), 150);
  EXPECT_GT(std::ranges::max(per_item), 5 * 20'000 / 300);  // the most popular item has many times the mean
  EXPECT_EQ(dataset.stars.min, 1);
  EXPECT_EQ(dataset.stars.max, 5);
}

TEST(Synthetic, HasTitlesGenresAndDemographics) {
  const Dataset dataset = synthetic(200, 100, 4000);
  const std::set<std::string> titles(dataset.catalog.titles.begin(), dataset.catalog.titles.end());
  EXPECT_EQ(titles.size(), 100U);
  EXPECT_EQ(dataset.catalog.title(ItemIdx{0}).substr(0, 20), "Silent Harbor, The (");
  for (std::int32_t i = 0; i < dataset.items.size(); ++i) {
    EXPECT_GE(dataset.catalog.genres(ItemIdx{i}).size(), 1U);
    EXPECT_THAT(dataset.catalog.title(ItemIdx{i}),
                HasSubstr(std::to_string(dataset.catalog.year(ItemIdx{i}))));
  }
  ASSERT_EQ(dataset.user_features.ages.size(), 200U);
  EXPECT_EQ(dataset.user_features.occupation_names.size(), 21U);
  const auto n_women = std::ranges::count(dataset.user_features.genders, 'F');
  EXPECT_GT(n_women, 30);
  EXPECT_LT(n_women, 90);
}

TEST(Synthetic, FillsHalfOfTheMatrixAndNoMore) {
  const Dataset full = synthetic(10, 8, 40);
  EXPECT_THAT(ratings_per_user(full.ratings), testing::Each(4));
  try {
    synthetic(10, 8, 41);
    FAIL() << "41 ratings fit";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ(error.message(), "‹synthetic-ratings› 41: 10 users and 8 items have room for 40");
  }
}

TEST(AliasTable, DrawsByWeight) {
  const AliasTable table({1, 0, 5, 2});
  RandomStream random(1, 1);
  std::array<double, 4> counts{};
  for (int i = 0; i < 80'000; ++i) ++counts[table.draw(random)];
  EXPECT_THAT(counts[0], DoubleNear(10'000, 500));
  EXPECT_EQ(counts[1], 0);
  EXPECT_THAT(counts[2], DoubleNear(50'000, 700));
  EXPECT_THAT(counts[3], DoubleNear(20'000, 600));
}

}  // namespace
