#include "recommend/item_filter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "data/side_files.hpp"
#include "movrec/core/error.hpp"

using namespace movrec;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

/// Five items: 0 and 1 are comedies, 1 and 2 dramas, of 4 nothing is known.
class Filter : public testing::Test {
 protected:
  Filter() {
    dataset_.name = "shop";
    dataset_.items = ItemMap({ItemId("a"), ItemId("b"), ItemId("c"), ItemId("d"), ItemId("e")});
    Catalog& catalog = dataset_.catalog;
    catalog.titles = {"Toy Story (1995)", "Star Wars", "Star Trek", "Heat", "item e"};
    catalog.years = {1995, 1977, 1979, 1995, 0};
    catalog.genre_names = {"Comedy", "Drama"};
    catalog.genre_bits = {1, 3, 2, 0, 0};
    catalog.columns.push_back(side_column("Studio", {"Pixar", "Fox|Lucas", "Fox", "Warner, Inc.", ""}));
    catalog.columns.push_back({.name = "price",
                               .categories = {},
                               .numbers = {1.5F, 20, 3, 20, std::numeric_limits<float>::quiet_NaN()}});
    catalog.columns.push_back(side_column("from_age", {"6", "12", "16", "6", ""}));
    catalog.columns.push_back(side_column("title", {"x", "x", "y", "y", "y"}));
  }

  std::string passing(const std::vector<std::string>& texts) const {
    std::vector<ItemCondition> conditions;
    for (const std::string& text : texts) conditions.push_back(item_condition(text));
    const ItemFilter filter(dataset_, conditions);
    std::string ids;
    for (std::int32_t i = 0; i < dataset_.items.size(); ++i)
      if (filter.passes(ItemIdx{i})) ids += dataset_.items.id(ItemIdx{i}).text;
    return ids;
  }
  std::string error_of(const std::string& text) const {
    try {
      passing({text});
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      return error.message() + " | " + error.why() + " | " + error.remedy();
    }
    return "no error";
  }

  Dataset dataset_;
};

TEST(ItemCondition, IsAFieldAnOperatorAndValues) {
  const ItemCondition asked = item_condition(" genres != Comedy | Film-Noir ");
  EXPECT_EQ(asked.field, "genres");
  EXPECT_EQ(asked.op, "!=");
  EXPECT_THAT(asked.values, ElementsAre("Comedy", "Film-Noir"));
  EXPECT_EQ(item_condition("year<=1990").op, "<=");
  EXPECT_EQ(item_condition("year<1990").op, "<");
  EXPECT_THAT(item_condition("title=a=b").values, ElementsAre("a=b"));
  for (const char* bad : {"", "Comedy", "=Comedy", "year>=", "genres=Comedy|", "year!1990"})
    EXPECT_THROW(item_condition(bad), Error) << bad;
}

TEST_F(Filter, WithoutConditionsAllItemsPass) {
  EXPECT_EQ(passing({}), "abcde");
}

TEST_F(Filter, NumbersCompare) {
  EXPECT_EQ(passing({"year=1995"}), "ad");
  EXPECT_EQ(passing({"year<1979"}), "b") << "an unknown year is no early one";
  EXPECT_EQ(passing({"year<=1979"}), "bc");
  EXPECT_EQ(passing({"price>3"}), "bd");
  EXPECT_EQ(passing({"price>=3"}), "bcd");
  EXPECT_EQ(passing({"price=1.5|3"}), "ac");
  EXPECT_EQ(passing({"price!=20"}), "ace");
  EXPECT_EQ(passing({"from_age>=12"}), "bc") << "few different numbers are categories";
}

TEST_F(Filter, CategoriesAreHadInAnyCase) {
  EXPECT_EQ(passing({"genres=comedy"}), "ab");
  EXPECT_EQ(passing({"genres=Comedy|Drama"}), "abc");
  EXPECT_EQ(passing({"genres=Comedy", "genres=Drama"}), "b");
  EXPECT_EQ(passing({"genres!=Comedy"}), "cde");
  EXPECT_EQ(passing({"studio=fox"}), "bc");
  EXPECT_EQ(passing({"studio=lucas|PIXAR", "price>2"}), "b");
}

TEST_F(Filter, IdsAreEqualAndTitlesContain) {
  EXPECT_EQ(passing({"id=a|d|nobody"}), "ad");
  EXPECT_EQ(passing({"id!=a"}), "bcde");
  EXPECT_EQ(passing({"title=star"}), "bc");
  EXPECT_EQ(passing({"title!=star|toy"}), "de");
  EXPECT_EQ(passing({"item.title=y"}), "cde") << "a column of that name";
}

TEST_F(Filter, WhatThereIsNotIsRefusedWithWhatThereIs) {
  EXPECT_THAT(error_of("yaer>1990"),
              AllOf(HasSubstr("unknown field 'yaer'"), HasSubstr("id, title, year, genres, Studio, price"),
                    HasSubstr("year")));
  EXPECT_THAT(error_of("stuido=Fox"), testing::EndsWith("Studio"));
  EXPECT_THAT(error_of("genres=Comdey"),
              AllOf(HasSubstr("unknown genre 'Comdey'"), testing::EndsWith("Comedy")));
  EXPECT_THAT(error_of("Studio=Foks"), HasSubstr("Fox, Lucas, Pixar, Warner, Inc."));
  EXPECT_THAT(error_of("genres>Comedy"), HasSubstr("'>' does not go with categories"));
  EXPECT_THAT(error_of("title<Toy"), HasSubstr("'<' does not go with titles"));
  EXPECT_THAT(error_of("id<=a"), HasSubstr("'<=' does not go with ids"));
  EXPECT_THAT(error_of("year=soon"), HasSubstr("'soon' is none"));
  dataset_.catalog.genre_names.clear();
  EXPECT_THAT(error_of("genres=Comedy"), HasSubstr("unknown field 'genres'"));
}

}  // namespace
