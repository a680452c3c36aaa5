#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>

#include "movrec/core/digest.hpp"
#include "movrec/data/split.hpp"
#include "movrec/data/summary.hpp"

using namespace movrec;
using testing::ElementsAre;
using testing::Pair;

namespace {

/// Data sets from the folder MOVREC_TEST_DATA, without network.
class RealData : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("MOVREC_TEST_DATA");
    if (folder == nullptr) GTEST_SKIP() << "MOVREC_TEST_DATA is not set";
    cache_.data_dir = folder;
    cache_.offline = true;
  }
  Dataset load(const std::string& name, const std::string& fold = {}) const {
    DataOptions options;
    options.dataset = name;
    options.fold = fold;
    return load_dataset(options, cache_);
  }
  CacheOptions cache_;
};

std::string digest_of(const std::vector<RowIdx>& rows) {
  return sha256_hex({reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(RowIdx)});
}

std::uint64_t sum_of(const std::vector<RowIdx>& rows) {
  return std::accumulate(rows.begin(), rows.end(), std::uint64_t{0});
}

std::vector<RowIdx> first_five(const std::vector<RowIdx>& rows) {
  return {rows.begin(), rows.begin() + 5};
}

TEST_F(RealData, MovieLens1M) {
  const Dataset dataset = load("ml-1m");
  const DataSummary summary = summarize(dataset);
  EXPECT_EQ(summary.users, 6040);
  EXPECT_EQ(summary.items, 3706);
  EXPECT_EQ(summary.ratings, 1'000'209);
  EXPECT_THAT(summary.histogram, ElementsAre(Pair(1, 56'174), Pair(2, 107'557), Pair(3, 261'197),
                                             Pair(4, 348'971), Pair(5, 226'310)));
  EXPECT_EQ(summary.duplicates, 0);
  EXPECT_EQ(summary.per_user.min, 20);
  EXPECT_EQ(dataset.stars.min, 1);
  EXPECT_EQ(dataset.stars.max, 5);
  EXPECT_EQ(dataset.users.id(dataset.ratings.users[0]), UserId{1});
  EXPECT_EQ(dataset.items.id(dataset.ratings.items[0]), ItemId{1193});
  EXPECT_EQ(dataset.ratings.times[0], 978300760);

  const ItemIdx miserables = *dataset.items.find(ItemId{73});
  EXPECT_EQ(dataset.catalog.title(miserables), "Misérables, Les (1995)");
  EXPECT_EQ(dataset.catalog.year(miserables), 1995);
  EXPECT_THAT(dataset.catalog.genres(miserables), ElementsAre("Drama", "Musical"));
  EXPECT_EQ(dataset.catalog.genre_names.size(), 18U);
  EXPECT_EQ(dataset.catalog.title(summary.most_rated[0].item), "American Beauty (1999)");
  EXPECT_EQ(summary.most_rated[0].ratings, 3428);
  for (const std::int16_t year : dataset.catalog.years) EXPECT_GE(year, 1919);

  const UserFeatures& users = dataset.user_features;
  EXPECT_EQ(users.genders[0], 'F');
  EXPECT_EQ(users.ages[0], 1);
  EXPECT_EQ(users.occupation_names[static_cast<std::size_t>(users.occupations[0])], "K-12 student");
  EXPECT_EQ(users.zips[0], "48067");
}

TEST_F(RealData, MovieLens1MRandomSplit) {
  const Dataset dataset = load("ml-1m");
  const Split split = make_split(dataset, {});
  EXPECT_EQ(split.train.size(), 720'150U);
  EXPECT_EQ(split.valid.size(), 80'017U);
  ASSERT_EQ(split.test.size(), 200'042U);
  EXPECT_THAT(first_five(split.test), ElementsAre(895536, 899739, 55687, 63727, 822011));
  EXPECT_EQ(sum_of(split.test), 99'978'537'043U);
  EXPECT_EQ(digest_of(split.test), "e322eff943bebc0f824762119cb6e9b2b35ea6ea11279d3feffd212729061f3f");
}

TEST_F(RealData, MovieLens1MRandomSplitIn80To10To10) {
  const Dataset dataset = load("ml-1m");
  SplitOptions options;
  options.valid_from = "test";
  options.valid_fraction = 0.5;
  const Split split = make_split(dataset, options);
  ASSERT_EQ(split.train.size(), 800'167U);
  ASSERT_EQ(split.valid.size(), 100'021U);
  ASSERT_EQ(split.test.size(), 100'021U);
  EXPECT_THAT(first_five(split.train), ElementsAre(416292, 683230, 2434, 688533, 472584));
  EXPECT_THAT(first_five(split.valid), ElementsAre(564848, 825002, 456434, 891602, 125168));
  EXPECT_THAT(first_five(split.test), ElementsAre(463045, 189068, 890623, 729486, 376564));
  EXPECT_EQ(sum_of(split.train), 400'229'984'693U);
  EXPECT_EQ(digest_of(split.train), "c9db791c3df95dd99a6ba0fb61f7ca250c986f973b98591f5f0ee689765f7c70");
  EXPECT_EQ(digest_of(split.valid), "db9ee51a637a2e36b36f46f6aa94b2dc28b284a1ef0b90a737bebe061a0c3994");
  EXPECT_EQ(digest_of(split.test), "37c66efc61c123d4695dd7b1a8d1bfed784a7277d6570ade29a3814f003aabe0");
}

TEST_F(RealData, MovieLens100K) {
  const Dataset dataset = load("ml-100k");
  const DataSummary summary = summarize(dataset);
  EXPECT_EQ(summary.users, 943);
  EXPECT_EQ(summary.items, 1682);
  EXPECT_EQ(summary.ratings, 100'000);
  EXPECT_NEAR(1 - summary.density, 0.936953, 5e-7);
  EXPECT_THAT(summary.histogram,
              ElementsAre(Pair(1, 6110), Pair(2, 11'370), Pair(3, 27'145), Pair(4, 34'174), Pair(5, 21'201)));
  EXPECT_EQ(summary.times, std::pair(std::int64_t{874724710}, std::int64_t{893286638}));
  EXPECT_EQ(dataset.catalog.title(summary.most_rated[0].item), "Star Wars (1977)");
  EXPECT_EQ(summary.most_rated[0].ratings, 583);
  EXPECT_THAT(dataset.catalog.genres(ItemIdx{0}), ElementsAre("Animation", "Children's", "Comedy"));
  EXPECT_EQ(dataset.catalog.genre_names.size(), 19U);
  EXPECT_EQ(dataset.user_features.ages[0], 24);
  EXPECT_THAT(summary.genders, ElementsAre(Pair("M", 670), Pair("F", 273)));
}

TEST_F(RealData, MovieLens100KChronologicalSplit) {
  const Dataset dataset = load("ml-100k");
  SplitOptions options;
  options.split = "chronological";
  const Split split = make_split(dataset, options);
  EXPECT_EQ(split.train.size(), 64'002U);
  EXPECT_EQ(split.valid.size(), 16'001U);
  EXPECT_EQ(split.test.size(), 19'997U);
  EXPECT_EQ(digest_of(split.train), "badbdf7d09cb7db9a40dd7c4c9ca9189b2e2542227b2bcd9a91c773c2c4941cd");
  EXPECT_EQ(digest_of(split.valid), "d16b846e7c01bb8bbeb3b5ff21609d23f99cf6911c2ed00cea2b1203e27bf229");
  EXPECT_EQ(digest_of(split.test), "729ba47871525a1b31d3a0b204dabffa4281c89c2ab292936406eb73d879e295");
}

TEST_F(RealData, MovieLens100KFolds) {
  const Dataset whole = load("ml-100k");
  for (const std::string fold : {"u1", "u2", "u3", "u4", "u5", "ua", "ub"}) {
    SCOPED_TRACE(fold);
    const Dataset dataset = load("ml-100k", fold);
    const bool is_fifth = fold[1] <= '5';
    EXPECT_EQ(dataset.predefined_test_begin, is_fifth ? 80'000U : 90'570U);
    EXPECT_EQ(dataset.ratings.size(), 100'000U);
    EXPECT_EQ(dataset.items, whole.items);
    EXPECT_EQ(dataset.catalog.titles, whole.catalog.titles);
    const Split split = make_split(dataset, {});
    EXPECT_EQ(split.test.size(), is_fifth ? 20'000U : 9'430U);
    EXPECT_EQ(split.valid.size(), is_fifth ? 8'000U : 9'057U);
  }
}

}  // namespace
