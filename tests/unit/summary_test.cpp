#include "movrec/data/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace movrec;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

namespace {

/// Users 1, 2; items 10, 20, 30; user 1 rated item 10 twice.
Dataset tiny() {
  Dataset dataset;
  dataset.users = UserMap({UserId{1}, UserId{2}});
  dataset.items = ItemMap({ItemId{10}, ItemId{20}, ItemId{30}});
  dataset.ratings.users = {UserIdx{0}, UserIdx{0}, UserIdx{1}, UserIdx{0}, UserIdx{0}};
  dataset.ratings.items = {ItemIdx{0}, ItemIdx{1}, ItemIdx{1}, ItemIdx{0}, ItemIdx{2}};
  dataset.ratings.stars = {5, 3, 4, 5, 0.5F};
  dataset.ratings.times = {815061909, 100, 200, 978300760, 5};
  dataset.ratings.n_users = 2;
  dataset.ratings.n_items = 3;
  dataset.catalog.titles = {"A", "B", "C"};
  dataset.catalog.years = {0, 0, 0};
  dataset.catalog.genre_bits = {0b01, 0b11, 0};
  dataset.catalog.genre_names = {"Drama", "War", "Musical"};
  dataset.user_features.ages = {25, 0};
  dataset.user_features.genders = {'F', '?'};
  dataset.user_features.occupations = {1, -1};
  dataset.user_features.occupation_names = {"artist", "writer"};
  dataset.user_features.zips = {"1", ""};
  return dataset;
}

TEST(Summary, CountsWhatADatasetHolds) {
  const DataSummary summary = summarize(tiny());
  EXPECT_EQ(summary.users, 2);
  EXPECT_EQ(summary.items, 3);
  EXPECT_EQ(summary.ratings, 5);
  EXPECT_DOUBLE_EQ(summary.density, 5.0 / 6);
  EXPECT_DOUBLE_EQ(summary.mean, 3.5);
  EXPECT_NEAR(summary.standard_deviation, std::sqrt((2.25 + 0.25 + 0.25 + 2.25 + 9) / 5), 1e-12);
  EXPECT_THAT(summary.histogram, ElementsAre(Pair(0.5, 1), Pair(3, 1), Pair(4, 1), Pair(5, 2)));
  EXPECT_EQ(summary.duplicates, 1);
  EXPECT_EQ(summary.times, std::pair(std::int64_t{5}, std::int64_t{978300760}));
  EXPECT_DOUBLE_EQ(summary.per_user.min, 1);
  EXPECT_DOUBLE_EQ(summary.per_user.median, 2.5);
  EXPECT_DOUBLE_EQ(summary.per_user.max, 4);
  EXPECT_NEAR(summary.per_item.mean, 5.0 / 3, 1e-12);

  ASSERT_EQ(summary.most_rated.size(), 3U);
  EXPECT_EQ(summary.most_rated[0].item,
            ItemIdx{0});  // of two items with two ratings, the one of the smaller id
  EXPECT_EQ(summary.most_rated[0].ratings, 2);
  EXPECT_DOUBLE_EQ(summary.most_rated[0].mean, 5);
  EXPECT_EQ(summary.most_rated[2].item, ItemIdx{2});

  ASSERT_EQ(summary.genres.size(), 2U);  // no item is a musical
  EXPECT_EQ(summary.genres[0].name, "Drama");
  EXPECT_EQ(summary.genres[0].items, 2);
  EXPECT_EQ(summary.genres[0].ratings, 4);
  EXPECT_DOUBLE_EQ(summary.genres[0].mean, 4.25);
  EXPECT_EQ(summary.genres[1].name, "War");

  EXPECT_THAT(summary.genders, ElementsAre(Pair("F", 1), Pair("unknown", 1)));
  EXPECT_THAT(summary.ages, ElementsAre(Pair("unknown", 1), Pair("25", 1)));
  EXPECT_THAT(summary.occupations, ElementsAre(Pair("unknown", 1), Pair("writer", 1)));
}

TEST(Summary, DoesWithoutTimesAndDemographics) {
  Dataset dataset = tiny();
  dataset.ratings.times.clear();
  dataset.user_features = {};
  const DataSummary summary = summarize(dataset);
  EXPECT_FALSE(summary.times.has_value());
  EXPECT_THAT(summary.genders, IsEmpty());
}

TEST(Summary, ManyDifferentStarsAreCountedByTheirFloor) {
  Dataset dataset = tiny();
  dataset.ratings = {};
  for (int i = 0; i < 25; ++i) {
    dataset.ratings.users.push_back(UserIdx{0});
    dataset.ratings.items.push_back(ItemIdx{i});
    dataset.ratings.stars.push_back(static_cast<float>(i) / 10);
  }
  dataset.ratings.n_users = 1;
  dataset.ratings.n_items = 25;
  dataset.catalog = {};
  EXPECT_THAT(summarize(dataset).histogram, ElementsAre(Pair(0, 10), Pair(1, 10), Pair(2, 5)));
}

// Expected values: numpy.quantile([1, 2, 4, 8, 100], q).
TEST(Summary, QuantilesAreNumpys) {
  const Spread spread = spread_of({8, 1, 100, 4, 2});
  EXPECT_DOUBLE_EQ(spread.min, 1);
  EXPECT_DOUBLE_EQ(spread.q25, 2);
  EXPECT_DOUBLE_EQ(spread.median, 4);
  EXPECT_DOUBLE_EQ(spread.q75, 8);
  EXPECT_NEAR(spread.q90, 63.2, 1e-12);
  EXPECT_DOUBLE_EQ(spread.max, 100);
  EXPECT_DOUBLE_EQ(spread.mean, 23);
  EXPECT_DOUBLE_EQ(spread_of({7}).q75, 7);
}

TEST(Summary, TimesAreUtc) {
  EXPECT_EQ(format_time(0), "1970-01-01 00:00:00");
  EXPECT_EQ(format_time(978300760), "2000-12-31 22:12:40");
  EXPECT_EQ(format_time(-1), "1969-12-31 23:59:59");
}

}  // namespace
