#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "movrec/recommend/recommender.hpp"
#include "support/cli_run.hpp"
#include "support/fitted_run.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::HasSubstr;

namespace {

TEST(RecommendOnMl1m, TheTop5AreUnseenSupportedAndTheBestOfAllPairs) {
  const char* folder = std::getenv("MOVREC_TEST_DATA");
  if (folder == nullptr) GTEST_SKIP() << "MOVREC_TEST_DATA is not set";
  DataOptions data;
  data.dataset = "ml-1m";
  CacheOptions cache;
  cache.data_dir = folder;
  cache.offline = true;
  const FittedRun run("bias", {}, data, cache);
  const auto recommend = [&](const std::string& user) {
    return run_cli({"recommend", "--runs-dir", run.runs(), "--data-dir", folder, "--offline", "--user", user,
                    "--top", "5", "--json"});
  };
  EXPECT_EQ(default_min_ratings(run.train), 20);
  const std::vector<std::int32_t> counts = ratings_per_item(run.train);
  for (const std::int32_t id : {1, 6040}) {
    const CliResult result = recommend(fmt::to_string(id));
    ASSERT_EQ(result.code, 0) << result.err;
    const UserIdx user = *run.dataset.users.find(UserId{id});
    std::set<ItemIdx> seen;
    for (std::size_t row = 0; row < run.dataset.ratings.size(); ++row)
      if (run.dataset.ratings.users[row] == user) seen.insert(run.dataset.ratings.items[row]);
    EXPECT_EQ(seen.size(), id == 1 ? 53U : 341U);

    std::vector<std::pair<float, ItemIdx>> pairs;
    for (std::int32_t i = 0; i < run.dataset.items.size(); ++i) {
      const ItemIdx item{i};
      if (seen.contains(item) || counts[index(item)] < 20) continue;
      float stars = 0;
      run.model->predict(std::span(&user, 1), std::span(&item, 1), std::span(&stars, 1));
      pairs.emplace_back(-stars, item);
    }
    std::sort(pairs.begin(), pairs.end());
    const nlohmann::json document = nlohmann::json::parse(result.out);
    const nlohmann::json& items = document["users"][0]["items"];
    ASSERT_EQ(items.size(), 5U);
    for (std::size_t k = 0; k < items.size(); ++k) {
      EXPECT_EQ(ItemId{items[k]["item"].get<std::int32_t>()}, run.dataset.items.id(pairs[k].second));
      EXPECT_EQ(items[k]["title"], run.dataset.catalog.title(pairs[k].second));
      EXPECT_EQ(items[k]["score"].get<float>(), -pairs[k].first);
    }
  }
  const CliResult unknown = recommend("6041");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("user 6041 is not in ml-1m (ids 1 to 6040)"));
}

}  // namespace
