#include "data/prepare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_builder.hpp"

using namespace movrec;
using movrec::test::TempDir;
using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

/// Keeps what is said while it lives.
class Said final : public Observer {
 public:
  void log(LogLevel, std::string_view text) override { lines_ += std::string(text) + "\n"; }
  const std::string& lines() const { return lines_; }

 private:
  std::string lines_;
  RunScope scope_{{.observer = this}};
};

class Prepare : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    test::write_text(folder_ / name, text);
    return (folder_ / name).string();
  }
  Dataset load(const std::string& text, PrepareOptions prepare) {
    DataOptions options;
    options.data = write("r.csv", text);
    options.prepare = std::move(prepare);
    return load_dataset(options, {});
  }
  Dataset load_parts(const std::string& train, const std::string& test, PrepareOptions prepare) {
    DataOptions options;
    options.train_file = write("train.csv", train);
    options.test_file = write("test.csv", test);
    options.prepare = std::move(prepare);
    return load_dataset(options, {});
  }
  TempDir folder_;
};

// User 1 changes his mind of item 7 twice, and the file is not in the order of time.
constexpr const char* kChangedMind = "1,7,5,30\n2,7,3,10\n1,7,1,40\n1,8,4,5\n1,7,2,20\n2,9,1,10\n";

TEST_F(Prepare, APairCountsOnceByTheRule) {
  const auto stars_by = [&](const std::string& rule) {
    return load(kChangedMind, {.duplicates = rule}).ratings.stars;
  };
  EXPECT_THAT(stars_by("last"), ElementsAre(3, 1, 4, 1));
  EXPECT_THAT(stars_by("first"), ElementsAre(3, 4, 2, 1));
  EXPECT_THAT(stars_by("max"), ElementsAre(5, 3, 4, 1));
  EXPECT_THAT(stars_by("min"), ElementsAre(3, 1, 4, 1));
  const Dataset lowest = load("1,7,3,10\n1,7,2,20\n1,7,5,40\n1,7,2,30\n1,8,4,5\n", {.duplicates = "min"});
  EXPECT_THAT(lowest.ratings.stars, ElementsAre(2, 4));
  EXPECT_THAT(lowest.ratings.times, ElementsAre(30, 5)) << "the later of two that are as low";
  EXPECT_THAT(stars_by("mean"), ElementsAre(3, 8.F / 3, 4, 1));
  EXPECT_THAT(stars_by("sum"), ElementsAre(3, 8, 4, 1));
  EXPECT_THAT(stars_by("keep"), ElementsAre(5, 3, 1, 4, 2, 1));
}

TEST_F(Prepare, WhatStaysKeepsItsTimeAndTheFileItsChecksum) {
  const Dataset last = load(kChangedMind, {}), all = load(kChangedMind, {.duplicates = "keep"});
  EXPECT_THAT(last.ratings.times, ElementsAre(10, 40, 5, 10));
  EXPECT_EQ(last.checksum, all.checksum);
  EXPECT_EQ(last.n_dropped_repeats, 2U);
  EXPECT_EQ(all.n_dropped_repeats, 0U);
  EXPECT_THAT(load(kChangedMind, {.duplicates = "mean"}).ratings.times, ElementsAre(10, 40, 5, 10));
  EXPECT_THAT(load(kChangedMind, {.duplicates = "max"}).ratings.times, ElementsAre(30, 10, 5, 10));
}

TEST_F(Prepare, AmongEqualTimesAndWithoutTimesTheLaterRowIsTheLast) {
  EXPECT_THAT(load("1,7,5,30\n1,7,2,30\n1,7,3,30\n1,8,4,1\n", {}).ratings.stars, ElementsAre(3, 4));
  EXPECT_THAT(load("1,7,5\n1,7,2\n1,8,4\n", {}).ratings.stars, ElementsAre(2, 4));
  EXPECT_THAT(load("1,7,5\n1,7,2\n1,8,4\n", {.duplicates = "first"}).ratings.stars, ElementsAre(5, 4));
}

TEST_F(Prepare, SumsWidenTheScaleAndMeansDoNot) {
  EXPECT_EQ(load(kChangedMind, {.duplicates = "sum"}).stars.max, 8);
  EXPECT_EQ(load(kChangedMind, {.duplicates = "mean"}).stars.max, 5);
}

TEST_F(Prepare, RepeatsAreSaidOrRefused) {
  const Said said;
  load(kChangedMind, {});
  EXPECT_THAT(said.lines(),
              HasSubstr("r.csv: 2 of 6 ratings repeat a pair: the last counts (‹duplicates›)\n"));
  const Error error = error_of([&] { load(kChangedMind, {.duplicates = "error"}); });
  EXPECT_EQ(error.kind(), ErrorKind::data);
  EXPECT_EQ(error.message(), "r.csv: 2 of 6 ratings repeat a pair");
  EXPECT_THAT(error.why(), HasSubstr("user 1 and item 7"));
  EXPECT_THAT(error.remedy(), HasSubstr("‹duplicates› last"));
}

TEST_F(Prepare, OfDataWithoutRepeatsNothingIsSaid) {
  const Said said;
  EXPECT_EQ(load("1,7,5,30\n2,7,3,10\n1,8,4,5\n", {.duplicates = "error"}).ratings.size(), 3U);
  EXPECT_THAT(said.lines(), Not(HasSubstr("repeat")));
}

TEST_F(Prepare, TestRatingsOfTrainingsPairsAreRefused) {
  const std::string train = "1,7,5,1\n1,8,4,2\n2,7,3,3\n", test = "2,8,3,4\n1,8,4,2\n";
  const Error error = error_of([&] { load_parts(train, test, {}); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_EQ(error.message(),
            "train.csv: 1 of 2 test ratings are of pairs that the training ratings hold, too");
  EXPECT_THAT(error.why(), HasSubstr("user 1 and item 8 for one"));
  EXPECT_THAT(error.remedy(), HasSubstr("‹allow-overlap›"));

  const Dataset allowed = load_parts(train, test, {.allow_overlap = true});
  EXPECT_EQ(allowed.ratings.size(), 5U);
  EXPECT_EQ(allowed.overlap, "leaky: 1 of 2 test ratings are of pairs that the training ratings hold, too");
  EXPECT_THAT(load_parts(train, "2,8,3,4\n", {}).overlap, IsEmpty());
}

TEST_F(Prepare, EachPartCountsAPairOnce) {
  const Dataset dataset = load_parts("1,7,5,1\n1,7,4,2\n2,7,3,3\n", "2,8,3,9\n2,8,1,8\n", {});
  EXPECT_THAT(dataset.ratings.stars, ElementsAre(4, 3, 3));
  EXPECT_EQ(dataset.predefined_test_begin, 2U);
}

/// Ids as the data set has them.
std::vector<std::pair<int, int>> pairs_of(const Dataset& dataset) {
  std::vector<std::pair<int, int>> pairs;
  for (RowIdx row = 0; row < dataset.ratings.size(); ++row)
    pairs.emplace_back(std::stoi(dataset.users.id(dataset.ratings.users[row]).text),
                       std::stoi(dataset.items.id(dataset.ratings.items[row]).text));
  return pairs;
}

PrepareOptions with(const std::function<void(PrepareOptions&)>& set) {
  PrepareOptions options;
  set(options);
  return options;
}

TEST_F(Prepare, FromIsTheFirstTimeAndUntilTheFirstThatIsNot) {
  const std::string days = "1,7,5,946684799\n1,8,4,946684800\n2,7,3,946771199\n3,9,3,946771200\n";
  const Dataset day = load(days, with([](auto& o) { o.from = "2000-01-01", o.until = "2000-01-02"; }));
  EXPECT_THAT(pairs_of(day), ElementsAre(std::pair(1, 8), std::pair(2, 7)));
  EXPECT_EQ(day.ratings.n_users, 2);
  EXPECT_EQ(day.ratings.n_items, 2);
  EXPECT_EQ(day.catalog.titles, (std::vector<std::string>{"item 7", "item 8"}));
  EXPECT_THAT(pairs_of(load(days, with([](auto& o) { o.from = "946771200"; }))),
              ElementsAre(std::pair(3, 9)));
}

TEST_F(Prepare, OfAPairTheLastRatingBeforeUntilCounts) {
  const Dataset dataset =
      load("1,7,5,100000\n1,7,1,300000\n2,8,2,100000\n", with([](auto& o) { o.until = "200000"; }));
  EXPECT_THAT(dataset.ratings.stars, ElementsAre(5, 2));
}

TEST_F(Prepare, AFilterThatLeavesNothingIsNamed) {
  const auto error = [&](const std::function<void(PrepareOptions&)>& set) {
    return error_of([&] { load(kChangedMind, with(set)); });
  };
  EXPECT_EQ(error([](auto& o) { o.from = "2030-01-01"; }).message(),
            "‹from› 2030-01-01: none of the 6 ratings of r.csv is left");
  EXPECT_EQ(error([](auto& o) { o.from = "2030-01-01"; }).why(), "they are of 1970-01-01 to 1970-01-01");
  EXPECT_EQ(error([](auto& o) { o.min_user_ratings = 3, o.min_item_ratings = 2; }).message(),
            "‹min-user-ratings› 3, ‹min-item-ratings› 2: none of the 4 ratings of r.csv is left");
  EXPECT_EQ(error([](auto& o) { o.until = "31.12.2000"; }).message(), "‹until›: '31.12.2000' is not a date");
  EXPECT_EQ(
      error_of([&] { load("1,7,5\n2,8,4\n", with([](auto& o) { o.until = "2000-01-01"; })); }).message(),
      "‹until›: r.csv has no times");
}

TEST_F(Prepare, ACoreIsWhatIsLeftWhenBothFiltersHold) {
  // User 3 goes for having one rating; then item 9 has one, and when it is gone user 2 has one as well.
  const std::string chain = "1,7,5\n1,8,4\n4,7,3\n4,8,3\n2,8,2\n2,9,2\n3,9,1\n";
  const Said said;
  const Dataset core = load(chain, with([](auto& o) { o.min_user_ratings = o.min_item_ratings = 2; }));
  EXPECT_THAT(pairs_of(core),
              ElementsAre(std::pair(1, 7), std::pair(1, 8), std::pair(4, 7), std::pair(4, 8)));
  EXPECT_THAT(said.lines(), HasSubstr("r.csv: ‹min-user-ratings› 2, ‹min-item-ratings› 2: 4 of 7 ratings are "
                                      "left, of 2 users and 2 items\n"));
  EXPECT_EQ(load(chain, with([](auto& o) { o.min_item_ratings = 2; })).ratings.size(), 7U);
}

TEST_F(Prepare, ASampleHoldsAllRatingsOfItsUsers) {
  std::string text;
  for (int user = 1; user <= 50; ++user)
    for (int item = 1; item <= 3; ++item) text += std::to_string(user) + "," + std::to_string(item) + ",3\n";
  const auto sample = [&](std::uint64_t seed) {
    return load(text, with([&](auto& o) { o.sample_users = 10, o.sample_seed = seed; }));
  };
  const Dataset one = sample(1);
  EXPECT_EQ(one.users.size(), 10);
  EXPECT_EQ(one.ratings.size(), 30U);
  EXPECT_EQ(pairs_of(one), pairs_of(sample(1)));
  EXPECT_NE(pairs_of(one), pairs_of(sample(2)));
  EXPECT_EQ(load(text, with([](auto& o) { o.sample_users = 51; })).users.size(), 50);
}

TEST_F(Prepare, FiltersMoveTheBorderOfAPredefinedTestPart) {
  const Dataset dataset = load_parts("1,7,5\n2,7,4\n3,9,3\n", "1,8,3\n2,8,1\n3,9,2\n",
                                     with([](auto& o) { o.min_item_ratings = 2, o.allow_overlap = true; }));
  EXPECT_EQ(dataset.predefined_test_begin, 3U);
  const Dataset core =
      load_parts("1,7,5\n2,7,4\n3,9,3\n", "1,8,3\n2,8,1\n", with([](auto& o) { o.min_item_ratings = 2; }));
  EXPECT_EQ(core.predefined_test_begin, 2U);
  EXPECT_THAT(pairs_of(core),
              ElementsAre(std::pair(1, 7), std::pair(2, 7), std::pair(1, 8), std::pair(2, 8)));
}

TEST_F(Prepare, MergedTitlesAreOneItemThatAnswersToAllItsIds) {
  write("movies.csv",
        "movieId,title,genres\n7,Chasing Amy (1997),Drama\n8,Emma (1996),Drama\n"
        "70,Chasing Amy (1997),Comedy\n80,Emma (1972),Drama\n");
  const std::string text = "1,7,5,1\n1,70,3,2\n2,70,4,3\n3,70,1,4\n2,8,2,5\n3,80,2,6\n";
  EXPECT_EQ(load(text, {}).items.size(), 4);

  const Said said;
  const Dataset merged = load(text, with([](auto& o) { o.merge_titles = true; }));
  EXPECT_EQ(merged.catalog.titles,
            (std::vector<std::string>{"Emma (1996)", "Chasing Amy (1997)", "Emma (1972)"}));
  EXPECT_THAT(pairs_of(merged), ElementsAre(std::pair(1, 70), std::pair(2, 70), std::pair(3, 70),
                                            std::pair(2, 8), std::pair(3, 80)));
  EXPECT_EQ(merged.ratings.stars.front(), 3) << "user 1's later rating";
  EXPECT_EQ(merged.items.find(ItemId{7}), merged.items.find(ItemId{70}));
  EXPECT_FALSE(merged.items.find(ItemId{9}));
  EXPECT_THAT(said.lines(),
              HasSubstr("‹merge-titles›: 1 of 4 ids are other ids of a title, so there are 3 items"));

  const Dataset core = load(text, with([](auto& o) { o.merge_titles = true, o.min_item_ratings = 2; }));
  EXPECT_EQ(core.items.size(), 1);
  EXPECT_EQ(core.items.find(ItemId{7}), std::optional(ItemIdx{0}));
}

}  // namespace
