// The protocols and figures of github.com/dsomni/movie-recommender-system on ml-100k; values of a numpy
// script that shares no code with these.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "movrec/core/digest.hpp"
#include "movrec/data/dataset.hpp"
#include "movrec/data/split.hpp"
#include "movrec/eval/ranking.hpp"

using namespace movrec;
using testing::ElementsAre;

namespace {

class S4 : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("MOVREC_TEST_DATA");
    if (folder == nullptr) GTEST_SKIP() << "MOVREC_TEST_DATA is not set";
    CacheOptions cache;
    cache.data_dir = folder;
    cache.offline = true;
    DataOptions options;
    options.dataset = "ml-100k";
    dataset_ = load_dataset(options, cache);
  }

  Split split(const char* name, const char* valid_from = "none", const char* mask_share = "0.8") const {
    SplitOptions options;
    options.split = name;
    options.valid_from = valid_from;
    options.mask_share = mask_share;
    return make_split(dataset_, options);
  }

  int user_id(UserIdx user) const { return std::stoi(dataset_.users.id(user).text); }
  /// 0-based, as that program counts.
  int item_of(RowIdx row) const { return std::stoi(dataset_.items.id(dataset_.ratings.items[row]).text) - 1; }

  std::string digest_of(const Split& split) const {
    std::vector<std::int32_t> numbers;
    for (const SplitQuery& query : split.test_queries) {
      numbers.push_back(user_id(query.user));
      numbers.push_back(static_cast<std::int32_t>(query.hidden.size()));
      for (const std::uint32_t at : query.hidden) numbers.push_back(item_of(split.test[at]));
    }
    return sha256_hex({reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(std::int32_t)});
  }

  struct Figures {
    std::array<double, 4> map, mrp;
  };
  static void expect_near(const RankingScores& scores, const Figures& expected, double tolerance) {
    const std::array<int, 4> ks{5, 10, 20, 50};
    for (std::size_t k = 0; k < ks.size(); ++k) {
      EXPECT_NEAR(scores.value(fmt::format("map@{}", ks[k])).value(), expected.map[k], tolerance) << ks[k];
      EXPECT_NEAR(scores.value(fmt::format("mrp@{}", ks[k])).value(), expected.mrp[k], tolerance) << ks[k];
    }
  }

  RankingScores popularity(const Split& split) const {
    const Ratings train = dataset_.ratings.subset(split.train), test = dataset_.ratings.subset(split.test);
    const RankingTask task({test, split.test_queries}, {&train}, {dataset_.catalog, dataset_.user_features},
                           {});
    return evaluate_ranking_references(task).front().second;
  }

  Dataset dataset_;
};

constexpr double kDigits = 1e-4;

TEST_F(S4, TheUsersSplitIsThatOfTheProgramToTheBit) {
  const Split split = this->split("users-masked");
  EXPECT_EQ(split.test_queries.size(), 1900U);
  EXPECT_EQ(user_id(split.test_queries[0].user), 849);
  std::vector<int> hidden;
  for (const std::uint32_t at : split.test_queries[0].hidden) hidden.push_back(item_of(split.test[at]));
  EXPECT_THAT(hidden, ElementsAre(173, 297, 567, 587));
  EXPECT_EQ(digest_of(split), "9855d4c0232652c4a154b44c67411dd239222b4ea739d8cae9d8493847dd09cc");
  EXPECT_TRUE(split.caveat.empty());
  const Split with_validation = this->split("users-masked", "train");
  EXPECT_EQ(digest_of(with_validation), digest_of(split));
  EXPECT_EQ(with_validation.valid_queries.size(), 85U * 20);
  EXPECT_EQ(user_id(with_validation.valid_queries.back().user), 848);
}

TEST_F(S4, TheMasksSplitIsThatOfTheProgramToTheBit) {
  const Split split = this->split("ratings-masked");
  EXPECT_EQ(split.train.size(), 100'000U);
  EXPECT_EQ(split.test_queries.size(), 1886U);
  EXPECT_EQ(digest_of(split), "1d697552267af36923fc91973b1e61400253b897e4eb49e2e0bb2d8913f90f7c");
  EXPECT_THAT(std::string(split.caveat), testing::HasSubstr("leaky"));
}

TEST_F(S4, PopularityHasTheKnownFiguresForUsers) {
  const Split split = this->split("users-masked");
  const Ratings train = dataset_.ratings.subset(split.train), test = dataset_.ratings.subset(split.test);
  expect_near(popularity(split), {{.2752, .2331, .1995, .1676}, {.3668, .3592, .3246, .2589}}, kDigits);
}

TEST_F(S4, PopularityAndTheLookupHaveTheKnownFiguresForMasks) {
  const Split split = this->split("ratings-masked");
  expect_near(popularity(split), {{.4068, .3409, .2851, .2308}, {.5056, .4744, .4209, .3412}}, kDigits);
  const Ratings train = dataset_.ratings.subset(split.train), test = dataset_.ratings.subset(split.test);
  const RankingTask task({test, split.test_queries}, {&train}, {dataset_.catalog, dataset_.user_features},
                         {});
  expect_near(evaluate_lookup(task, train), {{.991, .983, .971, .970}, {.992, .985, .962, .790}}, 6e-4);
}

TEST_F(S4, PopularityHasTheKnownFiguresForMasksWithoutTheLeak) {
  expect_near(popularity(split("ratings-masked-clean")),
              {{.3723, .3162, .2662, .2132}, {.4823, .4508, .4008, .3220}}, kDigits);
  expect_near(popularity(split("ratings-masked-clean", "none", "0.9")),
              {{.4155, .3446, .2791, .2199}, {.5194, .4740, .4164, .3362}}, kDigits);
}

}  // namespace
