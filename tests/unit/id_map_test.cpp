#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "data/id_interner.hpp"
#include "data/raw_ratings.hpp"
#include "movrec/core/random.hpp"

using namespace movrec;
using testing::ElementsAre;

namespace {

TEST(Ids, ArePlainNumbersWhereTheyAreSpeltAsNumbersAre) {
  EXPECT_EQ(plain_number("0"), 0);
  EXPECT_EQ(plain_number("-7"), -7);
  EXPECT_EQ(plain_number("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(plain_number("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  for (const char* text :
       {"", "-", "-0", "00", "0003", "+3", " 3", "3 ", "3.0", "1e3", "9223372036854775808", "x"})
    EXPECT_EQ(plain_number(text), std::nullopt) << text;
}

TEST(Ids, StandInOrderAndAreFoundAsTheyAreSpelt) {
  const std::vector<std::string> spelt{"SKU_242", "10", "0003", "9", "user-17@shop.example",
                                       "3",       "-1", "é",    "10"};
  const IdTable table(spelt);
  std::vector<std::string> order;
  for (std::size_t k = 0; k < table.size(); ++k) {
    order.push_back(table.spelling(k));
    EXPECT_EQ(table.find(order[k]), k) << order[k];
  }
  EXPECT_THAT(order, ElementsAre("-1", "3", "9", "10", "0003", "SKU_242", "user-17@shop.example", "é"));
  EXPECT_FALSE(table.are_numbers());
  for (const char* other : {"", "0010", "sku_242", "SKU_24", "SKU_2420", "4", "99999999999999999999", "ü"})
    EXPECT_EQ(table.find(other), std::nullopt) << other;
  EXPECT_TRUE(IdTable({"2", "1"}).are_numbers());
  EXPECT_EQ(IdTable().find("1"), std::nullopt);
}

TEST(IdInterner, NumbersIdsAsTheyComeAndSortsThemAtTheEnd) {
  IdInterner interner;
  std::vector<std::int32_t> places;
  for (const char* id : {"b", "5", "a", "5", "b", "-2"})
    places.push_back(interner.place_of(std::string_view(id)));
  EXPECT_THAT(places, ElementsAre(0, 1, 2, 1, 0, 3));
  const IdInterner::Sorted sorted = interner.sorted();
  EXPECT_THAT(sorted.rank, ElementsAre(3, 1, 2, 0));
  EXPECT_EQ(sorted.ids, IdTable({"b", "5", "a", "-2"}));
}

TEST(IdInterner, HoldsAnyIdsApartHoweverTheyLie) {
  IdInterner numbers, texts;
  RandomStream random(1, 2);
  std::vector<std::int64_t> ids{0, -1, 1, std::numeric_limits<std::int64_t>::min(),
                                std::numeric_limits<std::int64_t>::max()};
  for (int k = 0; k < 20'000; ++k) ids.push_back(static_cast<std::int64_t>(k) << 32);
  for (int k = 0; k < 20'000; ++k) ids.push_back(static_cast<std::int64_t>(k) * 0x1'0000'0001 + 7);
  IdTable expected([&] {
    std::vector<std::string> all;
    for (const std::int64_t id : ids) all.push_back(std::to_string(id));
    return all;
  }());
  for (int round = 0; round < 2; ++round)
    for (const std::int64_t id : ids) {
      const std::int32_t place = numbers.place_of(id);
      EXPECT_EQ(numbers.place_of(std::to_string(id)), place);
      texts.place_of("x" + std::to_string(id));
    }
  EXPECT_EQ(numbers.size(), expected.size());
  EXPECT_EQ(numbers.sorted().ids, expected);
  EXPECT_EQ(texts.size(), expected.size());
}

Dataset dataset_of(const std::vector<std::pair<std::string, std::string>>& pairs) {
  RawRatings raw;
  for (const auto& [user, item] : pairs) raw.add(raw.user_ids.place_of(user), raw.item_ids.place_of(item), 1);
  Dataset dataset;
  take_ratings(dataset, std::move(raw));
  return dataset;
}

TEST(TakeRatings, GivesEachRowTheIndicesOfItsIds) {
  const std::vector<std::pair<std::string, std::string>> pairs{
      {"u2", "10"}, {"u1", "9"}, {"0003", "10"}, {"3", "x"}};
  const Dataset dataset = dataset_of(pairs);
  ASSERT_EQ(dataset.ratings.size(), pairs.size());
  EXPECT_EQ(dataset.ratings.n_users, 4);
  EXPECT_EQ(dataset.ratings.n_items, 3);
  for (std::size_t row = 0; row < pairs.size(); ++row) {
    EXPECT_EQ(dataset.users.id(dataset.ratings.users[row]).text, pairs[row].first);
    EXPECT_EQ(dataset.items.id(dataset.ratings.items[row]).text, pairs[row].second);
  }
}

TEST(TakeRatings, TellsOtherIdsByTheChecksum) {
  const std::string checksum = dataset_of({{"1", "2"}, {"2", "3"}}).checksum;
  EXPECT_EQ(checksum, dataset_of({{"1", "2"}, {"2", "3"}}).checksum);
  for (const auto& other : {"02", "4", "5000000000", "x"})
    EXPECT_NE(checksum, dataset_of({{"1", "2"}, {other, "3"}}).checksum);
  EXPECT_NE(dataset_of({{"a", "1"}, {"b", "1"}}).checksum, dataset_of({{"b", "1"}, {"a", "1"}}).checksum);
  EXPECT_NE(dataset_of({{"5000000000", "1"}}).checksum, dataset_of({{"5000000001", "1"}}).checksum);
}

}  // namespace
