#include "data/side_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "movrec/core/error.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

class SideFiles : public testing::Test {
 protected:
  SideFiles() {
    std::ofstream file(dir_ / "ratings.csv");
    file << "user,item,rating\n";
    for (int user = 1; user <= 20; ++user)
      for (int item = 1; item <= 15; ++item)
        if ((user + item) % 3 > 0)
          file << "u" << user << ",SKU_" << item << ',' << 1 + (user * item) % 5 << '\n';
  }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name) << text;
    return (dir_ / name).string();
  }
  Dataset load(const std::string& items, const std::string& users = {}, bool skips = false) const {
    DataOptions options;
    options.data = (dir_ / "ratings.csv").string();
    options.items = items;
    options.users = users;
    options.skip_bad_lines = skips;
    return load_dataset(options, {});
  }
  std::string error_of(const std::string& items) const {
    try {
      load(items);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::data);
      return error.message() + " | " + error.why() + " | " + error.remedy();
    }
    return "no error";
  }
  static std::size_t place(const Dataset& dataset, const char* item) {
    return index(*dataset.items.find(ItemId(item)));
  }

  TempDir dir_;
};

TEST_F(SideFiles, TitlesYearsGenresAndColumnsAreUnderstoodByName) {
  std::string text = "sku,Title,release_year,genres,brand,price\n";
  for (int item = 1; item <= 15; ++item)
    text += fmt::format("SKU_{},\"Thing {}, the\",{},{},{},{}\n", item, item, 1990 + item,
                        item % 2 == 0 ? "Comedy|Drama" : "Drama", item % 3 == 0 ? "" : "acme|umbrella",
                        item == 4 ? "" : std::to_string(item * 1.5));
  const Dataset dataset = load(write("items.csv", text));
  const Catalog& catalog = dataset.catalog;
  const std::size_t four = place(dataset, "SKU_4"), six = place(dataset, "SKU_6");
  EXPECT_EQ(catalog.titles[four], "Thing 4, the");
  EXPECT_EQ(catalog.years[four], 1994);
  EXPECT_THAT(catalog.genres(ItemIdx{static_cast<std::int32_t>(four)}), ElementsAre("Comedy", "Drama"));
  ASSERT_EQ(catalog.columns.size(), 2U);
  const SideColumn &brand = catalog.columns[0], &price = catalog.columns[1];
  EXPECT_EQ(brand.name, "brand");
  EXPECT_THAT(brand.categories, ElementsAre("acme", "umbrella"));
  EXPECT_THAT(brand.of(four), ElementsAre(0U, 1U));
  EXPECT_THAT(brand.of(six), testing::IsEmpty());
  ASSERT_TRUE(price.is_number());
  EXPECT_TRUE(std::isnan(price.numbers[four]));
  EXPECT_EQ(price.numbers[six], 9);
}

TEST_F(SideFiles, AColumnWithoutANameIsNone) {
  std::string text = ",sku,brand\n";
  for (int item = 1; item <= 15; ++item) text += fmt::format("{},SKU_{},b{}\n", item - 1, item, item % 2);
  const Dataset dataset = load(write("items.csv", text));
  ASSERT_EQ(dataset.catalog.columns.size(), 1U);
  EXPECT_EQ(dataset.catalog.columns[0].name, "brand");
  EXPECT_THAT(dataset.catalog.columns[0].of(place(dataset, "SKU_4")), ElementsAre(0U));
}

TEST_F(SideFiles, FewDifferentNumbersAreCategories) {
  std::vector<std::string> codes, prices;
  for (int k = 0; k < 40; ++k) {
    codes.push_back(std::to_string(k % 7));
    prices.push_back(std::to_string(k));
  }
  EXPECT_FALSE(side_column("code", codes).is_number());
  EXPECT_TRUE(side_column("price", prices).is_number());
  prices[3] = "cheap";
  EXPECT_FALSE(side_column("price", prices).is_number());
  EXPECT_FALSE(side_column("nothing", {"", ""}).is_number());
}

TEST_F(SideFiles, UsersHaveAgesGendersAndColumns) {
  std::string text = "user_id\tage\tgender\tcountry\n";
  for (int user = 1; user <= 19; ++user)
    text += fmt::format("u{}\t{}\t{}\t{}\n", user, 20 + user, user % 2 == 0 ? "female" : "m",
                        user % 4 == 0 ? "CH" : "AT");
  const Dataset dataset = load({}, write("users.tsv", text));
  const UserFeatures& features = dataset.user_features;
  const std::size_t four = index(*dataset.users.find(UserId("u4"))),
                    last = index(*dataset.users.find(UserId("u20")));
  EXPECT_EQ(features.ages[four], 24);
  EXPECT_EQ(features.genders[four], 'F');
  EXPECT_EQ(features.ages[last], 0) << "the file does not know him";
  EXPECT_EQ(features.genders[last], '?');
  ASSERT_EQ(features.columns.size(), 1U);
  EXPECT_THAT(features.columns[0].categories, ElementsAre("AT", "CH"));
  EXPECT_THAT(features.columns[0].of(four), ElementsAre(1U));
}

TEST_F(SideFiles, ColumnsFollowTheItemsThatAreLeft) {
  std::string text = "item,brand,weight\n";
  for (int item = 1; item <= 15; ++item) text += fmt::format("SKU_{},b{},{}.5\n", item, item, item);
  DataOptions options;
  options.data = write("more.csv", "user,item,rating\nu1,SKU_1,5\nu1,SKU_2,4\nu2,SKU_2,3\nu2,SKU_9,1\n");
  options.items = write("items.csv", text);
  options.prepare.min_item_ratings = 2;
  const Dataset dataset = load_dataset(options, {});
  ASSERT_EQ(dataset.items.size(), 1);
  for (const SideColumn& column : dataset.catalog.columns) {
    ASSERT_FALSE(column.is_number());
    EXPECT_EQ(column.begin.size(), 2U);
    EXPECT_THAT(column.categories[column.of(0)[0]], testing::AnyOf("b2", "2.5"));
  }
}

TEST_F(SideFiles, WhatCannotBeMeantIsRefused) {
  EXPECT_THAT(error_of(write("a.csv", "title,price\nA,3\n")), HasSubstr("none of its columns holds ids"));
  EXPECT_THAT(error_of(write("b.csv", "item,title\n99,A\n98,B\n")),
              HasSubstr("knows none of the items that have ratings"));
  EXPECT_THAT(error_of(write("c.csv", "item,title\nSKU_1,A,B\n")), HasSubstr("c.csv:2: expected 2 fields"));
  EXPECT_THAT(error_of(write("d.csv", "")), HasSubstr("d.csv"));
  EXPECT_THAT(error_of((dir_ / "absent.csv").string()), HasSubstr("absent.csv"));
  const Dataset dataset = load(write("c.csv", "item,title\nSKU_1,A,B\nSKU_2,Two\n"), {}, true);
  EXPECT_EQ(dataset.n_skipped_lines, 1U);
  EXPECT_EQ(dataset.catalog.titles[place(dataset, "SKU_2")], "Two");
}

}  // namespace
