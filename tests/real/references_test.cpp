#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "movrec/data/dataset.hpp"
#include "movrec/data/split.hpp"
#include "movrec/eval/rating_metrics.hpp"

using namespace movrec;

namespace {

std::optional<CacheOptions> real_data() {
  const char* folder = std::getenv("MOVREC_TEST_DATA");
  if (folder == nullptr) return std::nullopt;
  CacheOptions cache;
  cache.data_dir = folder;
  cache.offline = true;
  return cache;
}

// Values of a plain script over u.data, which shares no code with these.
TEST(References, OfMl100kByTimeEqualTheKnownFigures) {
  const auto cache = real_data();
  if (!cache) GTEST_SKIP() << "MOVREC_TEST_DATA is not set";
  DataOptions options;
  options.dataset = "ml-100k";
  const Dataset dataset = load_dataset(options, *cache);
  SplitOptions split_options;
  split_options.split = "chronological";
  const Split split = make_split(dataset, split_options);
  const Ratings train = dataset.ratings.subset(split.train);
  const RatingReferences valid =
      evaluate_references(dataset.ratings.subset(split.valid), train, dataset.stars);
  const RatingReferences test = evaluate_references(dataset.ratings.subset(split.test), train, dataset.stars);

  EXPECT_EQ(valid.bias.all.rows, 16'001);
  EXPECT_EQ(valid.bias.warm.rows, 2'773);
  EXPECT_EQ(valid.bias.cold_user.rows, 13'164);
  EXPECT_EQ(valid.bias.cold_item.rows, 175);
  EXPECT_EQ(test.bias.all.rows, 19'997);
  EXPECT_EQ(test.bias.warm.rows, 1'932);
  EXPECT_NEAR(valid.constant.all.rmse(), 1.1327, 0.00005);
  EXPECT_NEAR(test.constant.all.rmse(), 1.1182, 0.00005);
  EXPECT_NEAR(valid.bias.all.rmse(), 1.0349, 0.00005);
  EXPECT_NEAR(test.bias.all.rmse(), 1.0307, 0.00005);
  EXPECT_NEAR(valid.bias.warm.rmse(), 1.0054, 0.00005);
  EXPECT_NEAR(test.bias.warm.rmse(), 1.0644, 0.00005);
}

}  // namespace
