#include "movrec/solve/knn/knn.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "movrec/core/random.hpp"
#include "movrec/model/stars/knn_model.hpp"

using namespace movrec;

namespace {

/// Every user rates each item with that probability; more items than one block and one task hold.
struct World {
  static constexpr std::int32_t kUsers = 80, kItems = 150;
  Ratings ratings;
  std::vector<float> residuals;

  explicit World(double share = 0.2) {
    ratings.n_users = kUsers + 1;
    ratings.n_items = kItems + 1;  // the last ones have no ratings
    RandomStream random(5, 0);
    for (std::int32_t u = 0; u < kUsers; ++u)
      for (std::int32_t i = 0; i < kItems; ++i)
        if (random.uniform() < share) {
          ratings.users.push_back(UserIdx{u});
          ratings.items.push_back(ItemIdx{i});
          ratings.stars.push_back(static_cast<float>(1 + random.below(5)));
          residuals.push_back(static_cast<float>(random.normal()));
        }
  }
};

/// By the formula, user by user.
double similarity(const World& world, std::int32_t a, std::int32_t b, const KnnOptions& options) {
  std::map<UserIdx, double> x, y;
  for (std::size_t row = 0; row < world.ratings.size(); ++row) {
    if (number(world.ratings.items[row]) == a)
      x[world.ratings.users[row]] = static_cast<double>(world.residuals[row]);
    if (number(world.ratings.items[row]) == b)
      y[world.ratings.users[row]] = static_cast<double>(world.residuals[row]);
  }
  const bool pearson = options.similarity == "pearson";
  double xy = 0, xx = 0, yy = 0;
  int n = 0;
  for (const auto& [user, value] : x) {
    if (y.contains(user)) xy += value * y[user], ++n;
    if (y.contains(user) || !pearson) xx += value * value;
  }
  for (const auto& [user, value] : y)
    if (x.contains(user) || !pearson) yy += value * value;
  return n < options.min_common ? 0 : xy / std::sqrt(xx * yy) * n / (n + options.shrinkage);
}

TEST(FindNeighbours, AreThoseOfTheFormulaNearestFirst) {
  const World world;
  for (const char* name : {"pearson", "cosine"}) {
    KnnOptions options;
    options.similarity = name;
    options.shrinkage = 7;
    options.min_common = 3;
    options.candidates = 10;
    const ItemNeighbours found = find_neighbours(world.ratings, world.residuals, options);
    ASSERT_EQ(found.begin.size(), 152U);
    EXPECT_EQ(found.begin[150], found.begin[151]) << "an item without ratings has neighbours";
    for (const std::int32_t item : {0, 1, 64, 127, 128, 149}) {
      std::vector<std::pair<double, std::int32_t>> expected;
      for (std::int32_t other = 0; other < World::kItems; ++other)
        if (const double s = other == item ? 0 : similarity(world, item, other, options); s > 0)
          expected.emplace_back(-s, other);
      std::ranges::sort(expected);
      if (expected.size() > 10) expected.resize(10);
      const auto begin = static_cast<std::size_t>(found.begin[static_cast<std::size_t>(item)]);
      ASSERT_EQ(found.begin[static_cast<std::size_t>(item) + 1],
                found.begin[static_cast<std::size_t>(item)] + std::ssize(expected));
      for (std::size_t k = 0; k < expected.size(); ++k) {
        EXPECT_NEAR(static_cast<double>(found.similarities[begin + k]), -expected[k].first, 1e-5) << item;
        EXPECT_EQ(found.items[begin + k], expected[k].second) << name << ' ' << item;
      }
    }
  }
}

TEST(FindNeighbours, AreTheSameToTheBitAtAnyThreadCount) {
  const World world;
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const ItemNeighbours one = find_neighbours(world.ratings, world.residuals, {});
  omp_set_num_threads(3);
  const ItemNeighbours three = find_neighbours(world.ratings, world.residuals, {});
  omp_set_num_threads(threads);
  EXPECT_EQ(one.items, three.items);
  EXPECT_EQ(one.similarities, three.similarities);
}

TEST(NeighboursSay, WhatTheNearestRatedOnesSayOnAverage) {
  RandomStream random(3, 0);
  std::vector<float> residuals(200, kUnrated), weights;
  std::vector<std::int32_t> items;
  for (std::int32_t i = 0; i < 101; ++i) {
    items.push_back(i);
    weights.push_back(static_cast<float>(1 - 0.005 * i));
    if (random.uniform() < 0.6) residuals[static_cast<std::size_t>(i)] = static_cast<float>(random.normal());
  }
  for (const int neighbours : {1, 5, 16, 17, 40, 1000}) {
    double said = 0, weight = 0.5;
    int n = 0;
    for (std::size_t k = 0; k < items.size() && n < neighbours; ++k)
      if (residuals[k] < kUnrated) {
        said += static_cast<double>(weights[k]) * static_cast<double>(residuals[k]);
        weight += static_cast<double>(weights[k]);
        ++n;
      }
    EXPECT_NEAR(static_cast<double>(neighbours_say(items, weights, residuals.data(), neighbours, 0.5F)),
                said / weight, 1e-5)
        << neighbours;
  }
  EXPECT_EQ(neighbours_say({}, {}, residuals.data(), 5, 0), 0);
}

TEST(KnnModel, AnswersByTheFormula) {
  const World world(0.5);
  ModelSpec spec{"knn", options_of<KnnModelOptions>(), world.ratings.n_users, world.ratings.n_items, {1, 5}};
  auto& options = spec.options.get<KnnModelOptions>();
  options.neighbours = 4;
  options.candidates = 30;
  options.shrinkage = 10;
  const auto model = fit_knn_model({.spec = spec, .train = world.ratings});
  const Biases biases = fit_biases(world.ratings, {});
  World left = world;
  for (std::size_t row = 0; row < left.residuals.size(); ++row)
    left.residuals[row] =
        world.ratings.stars[row] - biases.predict(world.ratings.users[row], world.ratings.items[row]);
  const ItemNeighbours found = find_neighbours(world.ratings, left.residuals, options);
  for (const std::int32_t user : {0, 17, 79})
    for (const std::int32_t item : {0, 3, 149}) {
      double said = 0, weight = options.weight_damping;
      int n = 0;
      for (auto k = static_cast<std::size_t>(found.begin[static_cast<std::size_t>(item)]);
           k < static_cast<std::size_t>(found.begin[static_cast<std::size_t>(item) + 1]) && n < 4; ++k)
        for (std::size_t row = 0; row < left.residuals.size(); ++row)
          if (number(left.ratings.users[row]) == user && number(left.ratings.items[row]) == found.items[k]) {
            const double w = std::pow(static_cast<double>(found.similarities[k]), options.similarity_power);
            said += w * static_cast<double>(left.residuals[row]);
            weight += w;
            ++n;
          }
      const UserIdx u{user};
      const ItemIdx i{item};
      float stars = 0;
      model->predict({&u, 1}, {&i, 1}, {&stars, 1});
      EXPECT_NEAR(static_cast<double>(stars), static_cast<double>(biases.predict(u, i)) + said / weight,
                  1e-5);
    }
}

TEST(KnnModel, AnswersAHistoryAsItsUser) {
  const World world(0.5);
  const ModelSpec spec{
      "knn", options_of<KnnModelOptions>(), world.ratings.n_users, world.ratings.n_items, {1, 5}};
  const auto model = fit_knn_model({.spec = spec, .train = world.ratings});
  EXPECT_TRUE(model->supports().history);
  std::vector<ItemIdx> items;
  std::vector<float> stars;
  for (std::size_t row = 0; row < world.ratings.size(); ++row)
    if (number(world.ratings.users[row]) == 17) {
      items.push_back(world.ratings.items[row]);
      stars.push_back(world.ratings.stars[row]);
    }
  const std::vector<UserQuery> queries{{.user = UserIdx{17}},
                                       {.user = kNoUser, .history = History{items, stars}},
                                       {.user = UserIdx{17}, .history = History{}},
                                       {.user = kNoUser}};
  const auto n_items = static_cast<std::size_t>(world.ratings.n_items);
  std::vector<float> scores(queries.size() * n_items);
  model->score(queries, scores);
  for (std::size_t i = 0; i < n_items; ++i) {
    EXPECT_NEAR(scores[i], scores[n_items + i], 1e-5) << i;
    EXPECT_EQ(scores[2 * n_items + i], scores[3 * n_items + i]) << i;
  }
  EXPECT_NE(scores[0], scores[3 * n_items]);
}

TEST(KnnModel, RefusesListsThatPointOutOfBounds) {
  const World world;
  const ModelSpec spec{
      "knn", options_of<KnnModelOptions>(), world.ratings.n_users, world.ratings.n_items, {1, 5}};
  StateDict state = fit_knn_model({.spec = spec, .train = world.ratings})->state();
  std::vector<std::int32_t> items(state.get("neighbours.items").as<std::int32_t>().begin(),
                                  state.get("neighbours.items").as<std::int32_t>().end());
  items[3] = spec.n_items;
  state.set("neighbours.items", StateArray::of(std::span<const std::int32_t>(items), {std::ssize(items)}));
  EXPECT_THROW(load_knn_model(spec, state), Error);
}

}  // namespace
