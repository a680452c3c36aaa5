#include "movrec/data/growth.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/raw_ratings.hpp"

using namespace movrec;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

struct Line {
  const char *user, *item;
  float stars;
};

Dataset dataset_of(std::initializer_list<Line> lines) {
  RawRatings raw;
  for (const Line& line : lines)
    raw.add(raw.user_ids.place_of(std::string_view(line.user)),
            raw.item_ids.place_of(std::string_view(line.item)), line.stars);
  Dataset dataset;
  take_ratings(dataset, std::move(raw));
  return dataset;
}

TEST(Growth, RatingsAreComparedByTheirIds) {
  const Dataset before = dataset_of({{"b", "x", 4}, {"c", "y", 3}});
  const Growth growth =
      growth_of(before, dataset_of({{"a", "x", 4}, {"b", "x", 4}, {"b", "w", 1}, {"c", "y", 3}}));
  EXPECT_EQ(growth.n_missing, 0U);
  EXPECT_THAT(growth.added, ElementsAre(0U, 2U)) << "of a new user, and of a new item";
}

TEST(Growth, ARatingThatIsGivenAgainIsNewAndNotMissing) {
  const Dataset before = dataset_of({{"a", "x", 4}, {"a", "y", 2}});
  const Growth changed = growth_of(before, dataset_of({{"a", "x", 5}, {"a", "y", 2}}));
  EXPECT_EQ(changed.n_missing, 0U);
  EXPECT_THAT(changed.added, ElementsAre(0U));
  const Growth lost = growth_of(before, dataset_of({{"a", "x", 4}}));
  EXPECT_EQ(lost.n_missing, 1U);
  EXPECT_THAT(lost.added, IsEmpty());
  const Growth none = growth_of(before, dataset_of({{"a", "y", 2}, {"a", "x", 4}}));
  EXPECT_EQ(none.n_missing, 0U) << "the order of the lines does not count";
  EXPECT_THAT(none.added, IsEmpty());
}

TEST(Growth, RepeatsCountAsOftenAsTheyStandThere) {
  const Dataset before = dataset_of({{"a", "x", 4}, {"a", "x", 4}, {"b", "x", 1}});
  const Growth growth =
      growth_of(before, dataset_of({{"a", "x", 4}, {"b", "x", 1}, {"b", "x", 1}, {"b", "x", 1}}));
  EXPECT_EQ(growth.n_missing, 1U);
  EXPECT_THAT(growth.added, ElementsAre(2U, 3U));
}

}  // namespace
