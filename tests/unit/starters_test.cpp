#include "movrec/recommend/starters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace movrec;
using testing::ElementsAre;

namespace {

TEST(Starters, AreTheMostRatedWithAGenreThatIsNew) {
  Catalog catalog;
  catalog.genre_bits = {1, 1, 2, 3, 4, 0};
  catalog.titles = {"A", "B", "C", "D", "E", "F"};
  catalog.years.resize(6);
  const std::vector<std::int32_t> n_ratings{90, 80, 70, 100, 10, 500};
  std::vector<ItemIdx> all;
  for (std::int32_t i = 0; i < 6; ++i) all.push_back(ItemIdx{i});
  const auto names = [&](std::size_t n) {
    std::vector<int> out;
    for (const ItemIdx item : popular_and_diverse(catalog, n_ratings, all, n)) out.push_back(number(item));
    return out;
  };
  EXPECT_THAT(names(2), ElementsAre(3, 4));              // 3 has two genres, 4 the last one
  EXPECT_THAT(names(9), ElementsAre(3, 4, 0, 2, 1, 5));  // then all genres anew; without one comes last
}

TEST(Starters, WithoutGenresAreTheMostRated) {
  Catalog catalog;
  catalog.genre_bits = {0, 0, 0};
  catalog.titles = {"A", "B", "C"};
  catalog.years.resize(3);
  const std::vector<std::int32_t> n_ratings{1, 3, 2};
  const std::vector<ItemIdx> some{ItemIdx{0}, ItemIdx{1}, ItemIdx{2}};
  EXPECT_THAT(popular_and_diverse(catalog, n_ratings, some, 2), ElementsAre(ItemIdx{1}, ItemIdx{2}));
}

TEST(Starters, NameATitleOnce) {
  Catalog catalog;
  catalog.genre_bits = {0, 0, 0, 0};
  catalog.titles = {"Chasing Amy (1997)", "Chasing Amy (1997)", "Money Talks", "Money Talks"};
  catalog.years = {1997, 1997, 1997, 1972};
  const std::vector<std::int32_t> n_ratings{1, 4, 3, 2};
  const std::vector<ItemIdx> all{ItemIdx{0}, ItemIdx{1}, ItemIdx{2}, ItemIdx{3}};
  EXPECT_THAT(popular_and_diverse(catalog, n_ratings, all, 4),
              ElementsAre(ItemIdx{1}, ItemIdx{2}, ItemIdx{3}));
}

}  // namespace
