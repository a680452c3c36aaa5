#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "movrec/recommend/recommender.hpp"
#include "support/titled_run.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;
using testing::HasSubstr;

namespace {

TEST(Similar, ListsWhatTheModelFindsAlike) {
  for (const char* name : {"ease", "item-knn", "ials", "bpr"}) {
    const TitledRun titled(name);
    const std::size_t n = static_cast<std::size_t>(titled.run.dataset.items.size());
    std::vector<float> all(n);
    titled.run.model->item_similarities(TitledRun::kToyStory, all);
    EXPECT_EQ(all[index(TitledRun::kToyStory)], 1.F) << name;

    const CliResult result = titled.cli({"similar", "toy", "story", "--top", "5", "--json"});
    ASSERT_EQ(result.code, 0) << result.err;
    const json document = json::parse(result.out);
    EXPECT_EQ(document["schema"], "movrec.similar/1");
    EXPECT_EQ(document["title"], "Toy Story (1995)");
    float before = 1.001F;
    for (const json& item : document["items"]) {
      const ItemIdx idx = *titled.run.dataset.items.find(ItemId{item["item"].get<int>()});
      EXPECT_NE(idx, TitledRun::kToyStory);
      EXPECT_NE(idx, TitledRun::kUnknown);
      EXPECT_FLOAT_EQ(item["similarity"].get<float>(), all[index(idx)]);
      EXPECT_LE(item["similarity"].get<float>(), before);
      before = item["similarity"].get<float>();
    }
    EXPECT_GE(document["items"].size(), 1U) << name;
    if (document["items"].size() < 5) continue;
    const auto better = [&](std::int32_t i) {
      return all[static_cast<std::size_t>(i)] > before && ItemIdx{i} != TitledRun::kToyStory;
    };
    int n_better = 0;  // among the items with enough ratings
    for (const ItemIdx item :
         find_candidates(titled.run.dataset, titled.run.train, {}, default_min_ratings(titled.run.train)))
      n_better += better(number(item)) ? 1 : 0;
    EXPECT_LE(n_better, 4) << name;
  }
}

TEST(Similar, IsMutualAndWithinBounds) {
  for (const char* name : {"ease", "item-knn", "ials"}) {
    const TitledRun titled(name);
    const std::size_t n = static_cast<std::size_t>(titled.run.dataset.items.size());
    std::vector<float> all(n * n);
    for (std::size_t i = 0; i < n; ++i)
      titled.run.model->item_similarities(ItemIdx{static_cast<std::int32_t>(i)},
                                          std::span(all).subspan(i * n, n));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        EXPECT_FLOAT_EQ(all[i * n + j], all[j * n + i]) << name;
        EXPECT_LE(std::abs(all[i * n + j]), 1.00001F) << name;
      }
  }
}

TEST(Similar, FormatsAndFiltersAreThoseOfRecommend) {
  const TitledRun titled("ease");
  const CliResult table = titled.cli({"similar", titled.id(TitledRun::kStarWars), "--min-ratings", "0"});
  EXPECT_THAT(table.out, testing::StartsWith("like Star Wars (1977)\n  rank  title"));
  const CliResult csv = titled.cli({"similar", "star wars", "--format", "csv"});
  EXPECT_THAT(csv.out, testing::StartsWith("rank,item,title,genres,similarity\n1,"));
  EXPECT_EQ(titled.cli({"similar", "star wars", "--genre", "Nonsense"}).code, 2);
  const CliResult nothing = titled.cli({"similar", "star wars", "--min-ratings", "100000", "--json"});
  EXPECT_EQ(json::parse(nothing.out)["items"], json::array());
  EXPECT_THAT(nothing.err, HasSubstr("knows nothing like it"));
}

TEST(Similar, SaysWhatToDoWhereItCannotAnswer) {
  const CliResult none = TitledRun("bias").cli({"similar", "Star Wars"});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("bias cannot say how alike items are"));
  EXPECT_THAT(none.err, HasSubstr("try: movrec train (its default model can)"));
  const TitledRun titled("ease");
  EXPECT_THAT(titled.cli({"similar", "sabrina"}).err,
              testing::ContainsRegex("2 items may be meant(.|\n)*try: movrec similar [0-9]+\n"));
  EXPECT_EQ(titled.cli({"similar", "zzzz"}).code, 2);
  EXPECT_EQ(titled.cli({"similar"}).code, 2);
}

}  // namespace
