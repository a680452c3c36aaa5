#include "movrec/checkpoint/file/data_copy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "movrec/checkpoint/checkpoint.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "support/fitted_run.hpp"
#include "support/small_data.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::HasSubstr;

namespace {

void expect_same(const Dataset& a, const Dataset& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.source, b.source);
  EXPECT_EQ(a.checksum, b.checksum);
  EXPECT_EQ(a.ratings.users, b.ratings.users);
  EXPECT_EQ(a.ratings.items, b.ratings.items);
  EXPECT_EQ(a.ratings.stars, b.ratings.stars);
  EXPECT_EQ(a.ratings.times, b.ratings.times);
  EXPECT_EQ(a.ratings.n_users, b.ratings.n_users);
  EXPECT_EQ(a.ratings.n_items, b.ratings.n_items);
  EXPECT_EQ(a.stars.min, b.stars.min);
  EXPECT_EQ(a.stars.max, b.stars.max);
  EXPECT_EQ(a.feedback, b.feedback);
  EXPECT_EQ(a.users, b.users);
  EXPECT_EQ(a.items, b.items);
  EXPECT_EQ(a.items.others(), b.items.others());
  EXPECT_EQ(a.catalog.titles, b.catalog.titles);
  EXPECT_EQ(a.catalog.years, b.catalog.years);
  EXPECT_EQ(a.catalog.genre_bits, b.catalog.genre_bits);
  EXPECT_EQ(a.catalog.genre_names, b.catalog.genre_names);
  EXPECT_EQ(a.user_features.ages, b.user_features.ages);
  EXPECT_EQ(a.user_features.genders, b.user_features.genders);
  EXPECT_EQ(a.user_features.occupations, b.user_features.occupations);
  EXPECT_EQ(a.user_features.zips, b.user_features.zips);
  EXPECT_EQ(a.user_features.occupation_names, b.user_features.occupation_names);
  EXPECT_EQ(a.predefined_test_begin, b.predefined_test_begin);
  EXPECT_EQ(a.n_dropped_repeats, b.n_dropped_repeats);
  EXPECT_EQ(a.overlap, b.overlap);
  EXPECT_EQ(a.best_rmse, b.best_rmse);
}

Dataset saved_and_loaded(const Dataset& dataset) {
  const TempDir dir;
  save_data_copy(dir / "data.pt", dataset);
  return load_data_copy(dir / "data.pt");
}

std::string error_of(const std::filesystem::path& path) {
  try {
    load_data_copy(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    return error.message() + " | " + error.why();
  }
  return "no error";
}

TEST(DataCopy, HoldsAllOfTheDataSet) {
  Dataset dataset = small_dataset();
  expect_same(dataset, saved_and_loaded(dataset));
  dataset.predefined_test_begin = 700;
  dataset.overlap = "leaky: a few";
  dataset.feedback = Feedback::counts;
  dataset.items.answer_to(ItemId("another id"), ItemIdx{7});
  dataset.ratings.times[3] = -86'400;
  dataset.ratings.times[4] = std::numeric_limits<std::int64_t>::max();
  expect_same(dataset, saved_and_loaded(dataset));
}

TEST(DataCopy, RatingsOfManyValuesAndNoTimesAreKeptToTheBit) {
  Dataset dataset = small_dataset();
  dataset.ratings.times.clear();
  for (std::size_t row = 0; row < dataset.ratings.size(); ++row)
    dataset.ratings.stars[row] = 1.F / static_cast<float>(row + 1);
  dataset.user_features = {};
  expect_same(dataset, saved_and_loaded(dataset));
}

TEST(DataCopy, ColumnsOfSideFilesAreKept) {
  Dataset dataset = small_dataset();
  const auto n = static_cast<std::size_t>(dataset.items.size());
  SideColumn brand{.name = "brand", .categories = {"a", "b"}}, price{.name = "price", .categories = {}};
  for (std::size_t i = 0; i < n; ++i) {
    if (i % 3 > 0) brand.values.push_back(static_cast<std::uint32_t>(i % 3 - 1));
    brand.begin.push_back(static_cast<std::uint32_t>(brand.values.size()));
    price.numbers.push_back(static_cast<float>(i) / 4);
  }
  dataset.catalog.columns = {brand, price};
  const Dataset again = saved_and_loaded(dataset);
  ASSERT_EQ(again.catalog.columns.size(), 2U);
  EXPECT_EQ(again.catalog.columns[0].name, "brand");
  EXPECT_EQ(again.catalog.columns[0].categories, brand.categories);
  EXPECT_EQ(again.catalog.columns[0].begin, brand.begin);
  EXPECT_EQ(again.catalog.columns[0].values, brand.values);
  EXPECT_EQ(again.catalog.columns[1].numbers, price.numbers);
}

TEST(DataCopy, IsNarrow) {
  const TempDir dir;
  const Dataset dataset = small_dataset();
  save_data_copy(dir / "data.pt", dataset);
  Dataset none = dataset;
  none.ratings.users.clear(), none.ratings.items.clear(), none.ratings.stars.clear(),
      none.ratings.times.clear();
  save_data_copy(dir / "none.pt", none);
  const auto grown =
      std::filesystem::file_size(dir / "data.pt") - std::filesystem::file_size(dir / "none.pt");
  EXPECT_LE(grown, 8 * dataset.ratings.size()) << "a byte each for user, item and stars, four for the time";
}

TEST(DataCopy, DamageAndOtherFilesAreErrorsInOneLine) {
  const TempDir dir;
  save_data_copy(dir / "data.pt", small_dataset());
  const std::string content = read_file(dir / "data.pt");
  for (const std::size_t n : {std::size_t{0}, std::size_t{100}, content.size() / 2, content.size() - 1}) {
    write_file_atomically(dir / "cut.pt", content.substr(0, n));
    EXPECT_THAT(error_of(dir / "cut.pt"), HasSubstr("cut.pt is not usable | ")) << n;
  }
  for (std::size_t at = 40; at < content.size(); at += content.size() / 50) {
    std::string flipped = content;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    write_file_atomically(dir / "flipped.pt", flipped);
    const std::string error = error_of(dir / "flipped.pt");
    EXPECT_THAT(error, testing::AnyOf("no error", HasSubstr("flipped.pt is not usable | "))) << at;
  }
  EXPECT_NE(error_of(dir / "absent.pt"), "no error");
  const FittedRun run("bias");
  EXPECT_THAT(error_of(run.dir / "runs/run/best.pt"), HasSubstr("it is no copy of a run's data"));
  try {
    load_checkpoint(dir / "data.pt");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message() + error.why(), HasSubstr("it holds a run's data and no model"));
  }
}

}  // namespace
