#include "movrec/data/side_columns.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "data/side_files.hpp"

using namespace movrec;
using testing::ElementsAre;
using testing::Pair;

namespace {

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

TEST(Bins, AreThoseOfTheValuesWhereThereAreFew) {
  const Bins bins = bins_of(std::vector<float>{3, 1, kUnknown, 3, 2.5F});
  EXPECT_THAT(bins.starts, ElementsAre(1, 2.5F, 3));
  EXPECT_EQ(bins.of(2.5F), 1);
  EXPECT_EQ(bins.of(2.9F), 1);
  EXPECT_EQ(bins.of(99), 2);
  EXPECT_EQ(bins.of(-7), 0) << "less than any that was known";
  EXPECT_EQ(bins.of(kUnknown), -1);
  EXPECT_EQ(bins_of(std::vector<float>{kUnknown}).size(), 0U);
}

TEST(Bins, HoldAboutAsManyEach) {
  std::vector<float> numbers;
  for (int k = 100; k > 0; --k) numbers.push_back(static_cast<float>(k * k));
  const Bins bins = bins_of(numbers);
  ASSERT_EQ(bins.size(), 10U);
  std::vector<int> counts(10);
  for (const float number : numbers) ++counts[static_cast<std::size_t>(bins.of(number))];
  EXPECT_THAT(counts, testing::Each(10));
}

TEST(Bins, DoNotPartEqualNumbers) {
  std::vector<float> numbers(60, 0.0F);
  for (int k = 1; k <= 40; ++k) numbers.push_back(static_cast<float>(k));
  EXPECT_THAT(bins_of(numbers).starts, ElementsAre(0, 1, 11, 21, 31));
}

TEST(ColumnSummary, SaysWhatWasMadeOfNumbersAndCategories) {
  std::vector<std::string> prices{""};
  for (int k = 1; k <= 20; ++k) prices.push_back(std::to_string(k));
  const ColumnSummary price = summary_of(side_column("price", prices));
  EXPECT_TRUE(price.is_number());
  EXPECT_EQ(price.known, 20);
  EXPECT_EQ(price.min, 1);
  EXPECT_EQ(price.max, 20);
  ASSERT_EQ(price.bins.size(), 10U);
  EXPECT_THAT(price.bins[1], Pair(3, 2));

  const ColumnSummary tags = summary_of(side_column("tags", {"b|a", "", "b", "c|b"}));
  EXPECT_EQ(tags.name, "tags");
  EXPECT_FALSE(tags.is_number());
  EXPECT_EQ(tags.known, 3);
  EXPECT_EQ(tags.n_categories, 3);
  EXPECT_THAT(tags.often, ElementsAre(Pair("b", 3), Pair("a", 1), Pair("c", 1)));
}

TEST(SideColumns, OfNumbersAreCategoriesByTheirBins) {
  const SideColumn column = in_categories({.name = "x", .categories = {}, .numbers = {2, kUnknown, 1, 2}});
  EXPECT_THAT(column.categories, ElementsAre("from 1", "from 2"));
  EXPECT_THAT(column.of(0), ElementsAre(1U));
  EXPECT_THAT(column.of(1), testing::IsEmpty());
  EXPECT_THAT(column.of(2), ElementsAre(0U));
  EXPECT_THAT(in_categories(side_column("tags", {"b|a"})).of(0), ElementsAre(0U, 1U));
}

TEST(SideColumns, SayWhetherTheyKnowAnything) {
  EXPECT_FALSE(knows_any(side_column("nothing", {"", ""})));
  EXPECT_FALSE(knows_any({.name = "nothing", .categories = {}, .numbers = {kUnknown}}));
  EXPECT_TRUE(knows_any(side_column("something", {"", "x"})));
  EXPECT_TRUE(is_known(side_column("something", {"", "x"}), 1));
  EXPECT_FALSE(is_known(side_column("something", {"", "x"}), 0));
}

}  // namespace
