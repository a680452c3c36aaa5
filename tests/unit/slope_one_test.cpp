#include "movrec/solve/knn/slope_one.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "movrec/core/error.hpp"
#include "movrec/model/stars/slope_one_model.hpp"

using namespace movrec;
using testing::ElementsAre;

namespace {

/// Three people and three items, as papers and lectures work it out: John 5 3 2, Mark 3 4 -, Lucy - 2 5.
Ratings worked_example() {
  Ratings ratings;
  ratings.n_users = 4, ratings.n_items = 4;  // and one of each without ratings
  const struct {
    int user, item;
    float stars;
  } rows[] = {{2, 1, 2}, {0, 0, 5}, {0, 1, 3}, {1, 0, 3}, {0, 2, 2}, {1, 1, 1}, {1, 1, 4}, {2, 2, 5}};
  for (const auto& row : rows) {
    ratings.users.push_back(UserIdx{row.user});
    ratings.items.push_back(ItemIdx{row.item});
    ratings.stars.push_back(row.stars);
  }
  return ratings;
}

std::unique_ptr<Model> fit_worked_example(const Ratings& train) {
  const ModelSpec spec{"slope-one", ModelOptions(SlopeOneOptions()), train.n_users, train.n_items, {1, 5}};
  return fit_slope_one_model({.spec = spec, .train = train});
}

TEST(SlopeOne, DeviationsAreThoseOfWhoRatedBoth) {
  const ItemDeviations found = find_deviations(worked_example());
  EXPECT_THAT(found.sums, ElementsAre(0, -2 + 1, -3, 0, 2 - 1, 0, -1 + 3, 0, 3, 1 - 3, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(found.counts, ElementsAre(0, 2, 1, 0, 2, 0, 2, 0, 1, 2, 0, 0, 0, 0, 0, 0));
}

TEST(SlopeOne, ItemsWithFewCommonUsersSayNothingOfEachOther) {
  const ItemDeviations found = find_deviations(worked_example(), 2);
  EXPECT_THAT(found.sums, ElementsAre(0, -1, 0, 0, 1, 0, 2, 0, 0, -2, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(found.counts, ElementsAre(0, 2, 0, 0, 2, 0, 2, 0, 0, 2, 0, 0, 0, 0, 0, 0));
}

TEST(SlopeOne, PredictionsWeighDeviationsByTheirUsers) {
  const Ratings train = worked_example();
  const auto model = fit_worked_example(train);
  const std::vector<UserIdx> users{UserIdx{2}, UserIdx{1}, UserIdx{0}};
  const std::vector<ItemIdx> items{ItemIdx{0}, ItemIdx{2}, ItemIdx{0}};
  std::vector<float> stars(3);
  model->predict(users, items, stars);
  EXPECT_FLOAT_EQ(stars[0], (2 * (0.5F + 2) + 1 * (3.F + 5)) / 3);
  EXPECT_FLOAT_EQ(stars[1], (1 * (-3.F + 3) + 2 * (1.F + 4)) / 3);
  EXPECT_FLOAT_EQ(stars[2], (2 * (0.5F + 3) + 1 * (3.F + 2)) / 3) << "his own 5 is left out";
}

TEST(SlopeOne, BiasesAnswerWhereNobodyRatedBoth) {
  const Ratings train = worked_example();
  const auto model = fit_worked_example(train);
  const Biases biases = fit_biases(train, {});
  const std::vector<UserIdx> users{UserIdx{3}, UserIdx{0}, kNoUser, UserIdx{1}};
  const std::vector<ItemIdx> items{ItemIdx{1}, ItemIdx{3}, ItemIdx{0}, kNoItem};
  std::vector<float> stars(4);
  model->predict(users, items, stars);
  for (std::size_t k = 0; k < stars.size(); ++k)
    EXPECT_FLOAT_EQ(stars[k], biases.predict(users[k], items[k])) << k;
}

TEST(SlopeOne, MoreItemsThanMemoryHoldsAreRefused) {
  Ratings train;
  train.n_users = 1, train.n_items = 30'000'000;
  try {
    find_deviations(train);
    FAIL() << "it was not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the deviations between 30000000 items do not fit into memory");
    EXPECT_NE(error.remedy().find("knn"), std::string::npos);
  }
}

}  // namespace
