#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <set>

#include "movrec/core/digest.hpp"
#include "movrec/core/error.hpp"
#include "movrec/data/split.hpp"
#include "support/error_of.hpp"

using namespace movrec;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

/// Row r: user r % n_users, item r, time times[r].
Dataset dataset_of(int n_users, std::vector<std::int64_t> times) {
  Dataset dataset;
  dataset.name = "test";
  const auto n = static_cast<int>(times.size());
  for (int row = 0; row < n; ++row) {
    dataset.ratings.users.push_back(UserIdx{row % n_users});
    dataset.ratings.items.push_back(ItemIdx{row});
    dataset.ratings.stars.push_back(3);
  }
  dataset.ratings.times = std::move(times);
  dataset.ratings.n_users = n_users;
  dataset.ratings.n_items = n;
  return dataset;
}

Dataset dataset_of(int n_users, int n_rows) {
  std::vector<std::int64_t> times(static_cast<std::size_t>(n_rows));
  for (std::size_t row = 0; row < times.size(); ++row)
    times[row] = static_cast<std::int64_t>(row * 7919 % 1000);
  return dataset_of(n_users, std::move(times));
}

std::string error_of(const std::function<void()>& body) {
  return test::message_of(body, ErrorKind::usage);
}

std::string digest_of(const std::vector<RowIdx>& rows) {
  return sha256_hex({reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(RowIdx)});
}

std::set<int> users_of(const Dataset& dataset, const std::vector<RowIdx>& rows) {
  std::set<int> users;
  for (RowIdx row : rows) users.insert(number(dataset.ratings.users[row]));
  return users;
}

// Expected values: numpy.random.RandomState(seed).permutation(n).
TEST(Split, KFoldIsThatOfScikitLearn) {
  // KFold(5, shuffle=True, random_state=42).split(range(23))
  const std::vector<std::vector<RowIdx>> expected{
      {0, 8, 9, 15, 17}, {1, 2, 5, 12, 13}, {3, 4, 11, 18, 20}, {7, 16, 21, 22}, {6, 10, 14, 19}};
  const Dataset dataset = dataset_of(4, 23);
  for (std::size_t fold = 0; fold < expected.size(); ++fold) {
    SplitOptions options;
    options.split = "k-fold";
    options.fold_index = static_cast<int>(fold) + 1;
    const Split split = make_split(dataset, options);
    EXPECT_EQ(split.test, expected[fold]);
    EXPECT_EQ(split.valid.size(), 2);
    EXPECT_EQ(split.train.size() + split.valid.size() + split.test.size(), 23);
  }
  SplitOptions outside;
  outside.split = "k-fold";
  outside.fold_count = 3;
  outside.fold_index = 4;
  EXPECT_THAT(error_of([&] { make_split(dataset, outside); }), HasSubstr("‹fold-index› 4 of ‹fold-count› 3"));
}

TEST(NumpyPermutation, IsNumpys) {
  EXPECT_THAT(numpy_permutation(10, 42U), ElementsAre(8, 1, 5, 0, 7, 2, 9, 4, 3, 6));
  EXPECT_THAT(numpy_permutation(7, 0U), ElementsAre(6, 2, 1, 3, 0, 5, 4));
  EXPECT_THAT(numpy_permutation(16, 4294967295U),
              ElementsAre(8, 1, 5, 11, 9, 14, 15, 13, 10, 6, 0, 4, 7, 12, 2, 3));
  EXPECT_THAT(numpy_permutation(0, 1), IsEmpty());
  EXPECT_THAT(numpy_permutation(1, 1), ElementsAre(0));
  EXPECT_EQ(digest_of(numpy_permutation(100'000, 7)),
            "98c8dfa819be502e1d525d13121e3ce18a8f457aeb8b48d3d2986cf4888bcd4c");
}

// Expected values: sklearn.model_selection.train_test_split(range(10), test_size=0.2, random_state=42) and
// the same of what is left.
TEST(Split, RandomIsTrainTestSplits) {
  const Split split = make_split(dataset_of(3, 10), {});
  EXPECT_THAT(split.test, ElementsAre(8, 1));
  EXPECT_THAT(split.valid, ElementsAre(0));
  EXPECT_THAT(split.train, ElementsAre(4, 5, 6, 7, 9, 2, 3));
}

TEST(Split, TestRowsMayBeCounted) {
  SplitOptions options;
  options.test_rows = 3;
  const Split split = make_split(dataset_of(3, 10), options);
  EXPECT_THAT(split.test, ElementsAre(8, 1, 5));
  options.split = "users";
  EXPECT_THROW(make_split(dataset_of(3, 10), options), Error);
}

TEST(Split, MayHaveNoValidation) {
  SplitOptions options;
  options.valid_from = "none";
  for (const char* strategy : {"random", "chronological", "users"}) {
    options.split = strategy;
    const Split split = make_split(dataset_of(5, 20), options);
    EXPECT_TRUE(split.valid.empty()) << strategy;
    EXPECT_EQ(split.train.size() + split.test.size(), 20U) << strategy;
  }
  options.split = "leave-last";
  EXPECT_THROW(make_split(dataset_of(5, 20), options), Error);
}

TEST(Split, ValidationMayBeCutFromTest) {
  SplitOptions options;
  options.valid_from = "test";
  options.valid_fraction = 0.5;
  options.test_fraction = 0.4;
  const Split split = make_split(dataset_of(3, 10), options);
  EXPECT_THAT(split.test, ElementsAre(1, 0));
  EXPECT_THAT(split.valid, ElementsAre(8, 5));
  EXPECT_THAT(split.train, ElementsAre(7, 2, 9, 4, 3, 6));
}

TEST(Split, EveryStrategyPartitionsTheRowsAndRepeatsItself) {
  Dataset dataset = dataset_of(20, 400);
  for (const std::string strategy : {"random", "chronological", "leave-last", "users", "predefined",
                                     "users-masked", "ratings-masked-clean"}) {
    SCOPED_TRACE(strategy);
    SplitOptions options;
    options.split = strategy;
    dataset.predefined_test_begin = strategy == "predefined" ? std::optional<std::size_t>(300) : std::nullopt;
    const Split split = make_split(dataset, options);
    std::vector<RowIdx> rows = split.train;
    rows.insert(rows.end(), split.valid.begin(), split.valid.end());
    rows.insert(rows.end(), split.test.begin(), split.test.end());
    std::ranges::sort(rows);
    ASSERT_EQ(rows.size(), 400U);
    for (RowIdx row = 0; row < 400; ++row) EXPECT_EQ(rows[row], row);
    EXPECT_FALSE(split.valid.empty());
    EXPECT_EQ(make_split(dataset, options).digest, split.digest);
  }
}

TEST(Split, SeedChangesTheRandomRows) {
  const Dataset dataset = dataset_of(20, 400);
  SplitOptions other;
  other.split_seed = 43;
  EXPECT_NE(make_split(dataset, {}).digest, make_split(dataset, other).digest);
}

TEST(Split, PartsTakeTheRowsOfTheSplit) {
  Dataset dataset = dataset_of(5, 40);
  const Split split = make_split(dataset, {});
  const Ratings train = dataset.ratings.subset(split.train), test = dataset.ratings.subset(split.test);
  Ratings both = train;
  both.append(dataset.ratings.subset(split.valid));
  RatingParts parts = take_parts(std::move(dataset.ratings), split);
  const auto same = [](const Ratings& a, const Ratings& b) {
    return a.users == b.users && a.items == b.items && a.stars == b.stars && a.times == b.times &&
           a.n_users == b.n_users && a.n_items == b.n_items;
  };
  EXPECT_TRUE(same(parts.train, train));
  EXPECT_TRUE(same(parts.test, test));
  parts.train.append(parts.valid);
  EXPECT_TRUE(same(parts.train, both));
  EXPECT_EQ(both.size() + test.size(), 40U);
}

TEST(Split, DigestIsOfTheSizesAndRows) {
  const Split split = make_split(dataset_of(3, 10), {});
  std::string bytes;
  for (const auto* rows : {&split.train, &split.valid, &split.test}) {
    const std::uint64_t size = rows->size();
    bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
    bytes.append(reinterpret_cast<const char*>(rows->data()), size * sizeof(RowIdx));
  }
  EXPECT_EQ(split.digest, sha256_hex(bytes));
}

TEST(Split, ChronologicalCutsAtQuantilesOfTime) {
  SplitOptions options;
  options.split = "chronological";
  // The 0.8 quantile of 0, 10 … 90 is 72, that of what is left (0 … 70) is 56.
  Split split = make_split(dataset_of(2, {90, 0, 80, 10, 70, 20, 60, 30, 50, 40}), options);
  EXPECT_THAT(split.test, ElementsAre(0, 2));
  EXPECT_THAT(split.valid, ElementsAre(4, 6));
  EXPECT_THAT(split.train, ElementsAre(1, 3, 5, 7, 8, 9));

  options.valid_from = "test";
  options.valid_fraction = 0.5;
  split = make_split(dataset_of(2, {90, 0, 80, 10, 70, 20, 60, 30, 50, 40}), options);
  EXPECT_THAT(split.valid, ElementsAre(2));
  EXPECT_THAT(split.test, ElementsAre(0));
}

TEST(Split, ChronologicalKeepsEqualTimesTogether) {
  SplitOptions options;
  options.split = "chronological";
  options.test_fraction = 0.5;
  options.valid_fraction = 0.5;
  const Split split = make_split(dataset_of(2, {1, 2, 2, 3, 3, 3, 9, 9}), options);
  EXPECT_THAT(split.train, ElementsAre(0, 1, 2));
  EXPECT_THAT(split.valid, ElementsAre(3, 4, 5));
  EXPECT_THAT(split.test, ElementsAre(6, 7));
  EXPECT_EQ(split.note, "3 ratings have the last time before the test part and stay together");
}

TEST(Split, LeaveLastTakesEachUsersLastTwo) {
  SplitOptions options;
  options.split = "leave-last";
  // Users 0 and 1 alternate; user 2 has two ratings only.
  Dataset dataset = dataset_of(2, {50, 5, 40, 5, 60, 5, 55, 1, 0, 0});
  dataset.ratings.users[8] = dataset.ratings.users[9] = UserIdx{2};
  dataset.ratings.n_users = 3;
  const Split split = make_split(dataset, options);
  EXPECT_THAT(split.test, ElementsAre(4, 5));   // user 0: time 60; user 1: the last row of time 5
  EXPECT_THAT(split.valid, ElementsAre(3, 6));  // user 0: time 55; user 1: the row before
  EXPECT_THAT(split.train, ElementsAre(0, 1, 2, 7, 8, 9));
  options.valid_fraction = 0.1;
  EXPECT_THAT(error_of([&] { make_split(dataset, options); }), HasSubstr("‹valid-fraction›"));
}

TEST(Split, LeaveLastTakesAsManyAsAsked) {
  SplitOptions options;
  options.split = "leave-last";
  options.leave = 2;
  // User 0 has the even rows and five ratings; user 1 has four, too few.
  const Dataset dataset = dataset_of(2, {10, 1, 50, 2, 30, 3, 20, 4, 40});
  const Split split = make_split(dataset, options);
  EXPECT_THAT(split.test, ElementsAre(2, 8));
  EXPECT_THAT(split.valid, ElementsAre(4, 6));
  EXPECT_THAT(split.train, ElementsAre(0, 1, 3, 5, 7));
  EXPECT_THAT(split.note, IsEmpty());
}

TEST(Split, TiesAtACutAreCountedAndKeepTheFilesOrderOrASeededOne) {
  SplitOptions options;
  options.split = "leave-last";
  // User 0's ratings have one time, user 1's do not.
  const Dataset dataset = dataset_of(2, {5, 1, 5, 2, 5, 3, 5, 4});
  const Split split = make_split(dataset, options);
  EXPECT_THAT(split.test, ElementsAre(6, 7));
  EXPECT_THAT(split.valid, ElementsAre(4, 5));
  EXPECT_EQ(split.note,
            "at 2 of 4 cuts between a user's ratings those on both sides have one time: the file's "
            "order decides (‹tie-seed›)");
  std::set<RowIdx> chosen;
  for (options.tie_seed = 1; options.tie_seed < 30; ++options.tie_seed) {
    const Split seeded = make_split(dataset, options);
    EXPECT_EQ(seeded.test, make_split(dataset, options).test);
    EXPECT_EQ(seeded.test[1], 7U);
    chosen.insert(seeded.test[0]);
  }
  EXPECT_THAT(chosen, ElementsAre(0, 2, 4, 6)) << "every one of the tied rows has its chance";
}

TEST(Split, ASeededOrderOfTiesDoesNotDependOnTheFiles) {
  SplitOptions options;
  options.split = "leave-last";
  options.tie_seed = 7;
  Dataset dataset = dataset_of(1, {5, 5, 5, 5, 5, 5});
  const ItemIdx item = dataset.ratings.items[make_split(dataset, options).test[0]];
  std::ranges::reverse(dataset.ratings.items);
  EXPECT_EQ(dataset.ratings.items[make_split(dataset, options).test[0]], item);
}

TEST(Split, PerUserHoldsOutAShareOfEachUser) {
  const Dataset dataset = dataset_of(10, 205);  // five users of 21 ratings, five of 20
  SplitOptions options;
  options.split = "per-user";
  const Split split = make_split(dataset, options);
  std::vector<int> test(10), valid(10);
  for (const RowIdx row : split.test) ++test[row % 10];
  for (const RowIdx row : split.valid) ++valid[row % 10];
  EXPECT_THAT(test, testing::Each(4));   // of 20 or 21
  EXPECT_THAT(valid, testing::Each(2));  // of 16 or 17
  EXPECT_EQ(split.train.size() + split.valid.size() + split.test.size(), 205U);
  EXPECT_EQ(split.digest, make_split(dataset, options).digest);
  SplitOptions other = options;
  other.split_seed = 43;
  EXPECT_NE(split.digest, make_split(dataset, other).digest);
  other = options;
  other.valid_from = "test", other.valid_fraction = 0.5;
  const Split halves = make_split(dataset, other);
  EXPECT_EQ(halves.test.size(), 20U);
  EXPECT_EQ(halves.valid.size(), 20U);
}

TEST(Split, PerUserLeavesOneRatingInTrain) {
  SplitOptions options;
  options.split = "per-user";
  options.test_fraction = 0.9;
  options.valid_from = "none";
  Dataset dataset = dataset_of(2, {1, 2, 3, 4, 5});
  dataset.ratings.users = {UserIdx{0}, UserIdx{1}, UserIdx{1}, UserIdx{1}, UserIdx{1}};
  const Split split = make_split(dataset, options);
  EXPECT_EQ(users_of(dataset, split.train), (std::set<int>{0, 1}));
  EXPECT_EQ(split.test.size(), 3U);
}

TEST(Split, PerUserByLatestTakesTheLastInTime) {
  SplitOptions options;
  options.split = "per-user";
  options.per_user_by = "latest";
  options.test_fraction = options.valid_fraction = 0.4;
  const Split split = make_split(dataset_of(1, {50, 10, 40, 20, 30}), options);
  EXPECT_THAT(split.test, ElementsAre(0, 2));
  EXPECT_THAT(split.valid, ElementsAre(4));
  EXPECT_THAT(split.train, ElementsAre(1, 3));
  EXPECT_THAT(split.note, IsEmpty());
  EXPECT_THAT(make_split(dataset_of(1, {50, 10, 40, 40, 30}), options).note, HasSubstr("at 1 of 2 cuts"));
}

TEST(Split, DateCutsAtADay) {
  SplitOptions options;
  options.split = "date";
  const std::int64_t day = 86400, first = 10'000 * day;  // 1997-05-19
  const Dataset dataset =
      dataset_of(2, {first, first + day - 1, first - 1, first + day, first - day, first - 2 * day});
  options.test_from = "1997-05-20";
  options.valid_start = "1997-05-19";
  Split split = make_split(dataset, options);
  EXPECT_THAT(split.test, ElementsAre(3));
  EXPECT_THAT(split.valid, ElementsAre(0, 1));
  EXPECT_THAT(split.train, ElementsAre(2, 4, 5));
  options.test_from = std::to_string(first);
  options.valid_start = "";
  options.valid_fraction = 0.3;
  split = make_split(dataset, options);
  EXPECT_THAT(split.test, ElementsAre(0, 1, 3));
  EXPECT_THAT(split.valid, ElementsAre(2));
}

TEST(Split, DateSaysWhatIsWrongWithADay) {
  const Dataset dataset = dataset_of(2, {100'000, 200'000, 300'000, 400'000});
  const auto message = [&](const std::string& from, const std::string& valid) {
    SplitOptions options;
    options.split = "date";
    options.test_from = from;
    options.valid_start = valid;
    return error_of([&] { make_split(dataset, options); });
  };
  EXPECT_EQ(message("", ""), "‹split› date: from which day on is test?");
  EXPECT_EQ(message("1998", ""), "‹test-from›: '1998' is not a date");
  EXPECT_EQ(message("1998-13-01", ""), "‹test-from›: '1998-13-01' is not a date");
  EXPECT_EQ(message("2001-01-01", ""), "‹test-from› 2001-01-01: no ratings of test are of this day or later");
  EXPECT_EQ(message("1969-12-31", ""), "‹test-from› 1969-12-31: no ratings of test are before it");
  EXPECT_EQ(message("300000", "300000"), "‹valid-start› 300000 is not before ‹test-from› 300000");
}

TEST(Split, OptionsOfAnotherStrategyAreRefused) {
  const auto message = [](const std::function<void(SplitOptions&)>& set) {
    SplitOptions options;
    set(options);
    return error_of([&] { make_split(dataset_of(2, 40), options); });
  };
  EXPECT_EQ(message([](auto& o) { o.leave = 2; }), "‹leave›: only with ‹split› leave-last");
  EXPECT_EQ(message([](auto& o) { o.per_user_by = "latest"; }), "‹per-user-by›: only with ‹split› per-user");
  EXPECT_EQ(message([](auto& o) { o.test_from = "2000-01-01"; }), "‹test-from›: only with ‹split› date");
  EXPECT_EQ(message([](auto& o) { o.tie_seed = 1, o.split = "chronological"; }),
            "‹tie-seed›: only with ‹split› leave-last, or per-user with ‹per-user-by› latest");
}

TEST(Split, UsersShareNoUser) {
  const Dataset dataset = dataset_of(20, 400);
  SplitOptions options;
  options.split = "users";
  const Split split = make_split(dataset, options);
  const auto train = users_of(dataset, split.train), valid = users_of(dataset, split.valid),
             test = users_of(dataset, split.test);
  EXPECT_EQ(test.size(), 4U);
  EXPECT_EQ(valid.size(), 2U);
  EXPECT_EQ(train.size(), 14U);
  std::set<int> all = train;
  all.insert(valid.begin(), valid.end());
  all.insert(test.begin(), test.end());
  EXPECT_EQ(all.size(), 20U);
}

TEST(Split, HeldOutUsersShowAShareOfTheirRatings) {
  const Dataset dataset = dataset_of(20, 410);  // users 0 … 9 have 21 ratings, the others 20
  SplitOptions options;
  options.split = "users";
  options.visible_fraction = 0.7;
  const Split split = make_split(dataset, options);
  EXPECT_EQ(split.test_queries.size(), 4U);
  EXPECT_EQ(split.valid_queries.size(), 2U);
  std::set<std::uint32_t> asked;
  for (const SplitQuery& query : split.test_queries) {
    const std::size_t n = number(query.user) < 10 ? 21 : 20;
    EXPECT_EQ(query.visible.size(), 14U);
    EXPECT_EQ(query.visible.size() + query.hidden.size(), n);
    EXPECT_TRUE(std::ranges::is_sorted(query.visible) && std::ranges::is_sorted(query.hidden));
    for (const auto* places : {&query.visible, &query.hidden})
      for (const std::uint32_t place : *places) {
        EXPECT_EQ(dataset.ratings.users[split.test[place]], query.user);
        EXPECT_TRUE(asked.insert(place).second);
      }
  }
  EXPECT_EQ(asked.size(), split.test.size());

  SplitOptions other = options;
  other.visible_fraction = 0.5;
  EXPECT_EQ(make_split(dataset, other).test, split.test);
  EXPECT_NE(make_split(dataset, other).digest, split.digest);
  other.visible_fraction = 0;
  EXPECT_TRUE(make_split(dataset, other).test_queries[0].visible.empty());
  EXPECT_TRUE(make_split(dataset, {}).test_queries.empty());
}

TEST(Split, S4UsersMasksEachUserTwentyTimes) {
  const Dataset dataset = dataset_of(20, 200);
  SplitOptions options;
  set_from_text(*find_option(option_refs(options), "split"), "s4-users");  // as it was once called
  EXPECT_EQ(options.split, "users-masked");
  const Split split = make_split(dataset, options);
  EXPECT_EQ(users_of(dataset, split.test), (std::set<int>{18, 19}));
  EXPECT_EQ(users_of(dataset, split.valid), (std::set<int>{16, 17}));
  EXPECT_EQ(split.train.size(), 160U);
  ASSERT_EQ(split.test_queries.size(), 40U);
  ASSERT_EQ(split.valid_queries.size(), 40U);
  for (std::size_t q = 0; q < 40; ++q) {
    const SplitQuery& query = split.test_queries[q];
    EXPECT_EQ(number(query.user), q < 20 ? 18 : 19);
    EXPECT_EQ(query.hidden.size(), (std::array{2U, 4U, 6U, 8U, 9U}[q % 5]));
    EXPECT_EQ(query.visible.size() + query.hidden.size(), 10U);
    for (const std::uint32_t place : query.hidden)
      EXPECT_EQ(dataset.ratings.users[split.test[place]], query.user);
  }
  NumpyRandom random(42);
  std::vector<std::uint32_t> order(10);
  for (int k = 0; k <= 16 * 20; ++k) {  // up to the first mask of the first validation user
    std::iota(order.begin(), order.end(), 0U);
    random.shuffle(order);
  }
  std::ranges::sort(order.begin(), order.begin() + 2);
  EXPECT_THAT(split.valid_queries[0].hidden, ElementsAre(order[0], order[1]));
  options.valid_from = "none";
  const Split whole = make_split(dataset, options);
  EXPECT_EQ(whole.train.size(), 180U);
  EXPECT_EQ(whole.test_queries[3].hidden, split.test_queries[3].hidden);
  options.valid_from = "test";
  EXPECT_THROW(make_split(dataset, options), Error);
}

TEST(Split, S4MasksLeakAndTheirCleanVariantDoesNot) {
  const Dataset dataset = dataset_of(5, 50);
  SplitOptions options;
  options.split = "ratings-masked";
  options.valid_from = "none";
  const Split leaky = make_split(dataset, options);
  EXPECT_EQ(leaky.train.size(), 50U);
  ASSERT_EQ(leaky.test_queries.size(), 10U);
  EXPECT_EQ(leaky.test_queries[0].hidden.size(), 8U);
  EXPECT_EQ(leaky.test_queries[5].hidden.size(), 9U);
  EXPECT_THAT(std::string(leaky.caveat), HasSubstr("leaky by construction"));

  options.split = "ratings-masked-clean";
  options.mask_share = "0.9";
  const Split clean = make_split(dataset, options);
  EXPECT_TRUE(clean.caveat.empty() && clean.test_queries.empty());
  EXPECT_EQ(clean.train.size(), 5U);
  std::vector<RowIdx> hidden;
  for (std::size_t q = 5; q < 10; ++q)
    for (const std::uint32_t place : leaky.test_queries[q].hidden) hidden.push_back(leaky.test[place]);
  EXPECT_EQ(clean.test, hidden);
  std::set<RowIdx> all(clean.train.begin(), clean.train.end());
  all.insert(clean.test.begin(), clean.test.end());
  EXPECT_EQ(all.size(), 50U);
}

TEST(Split, PredefinedIsTheDefaultWhereThereIsOne) {
  Dataset dataset = dataset_of(3, 12);
  dataset.predefined_test_begin = 10;
  const Split split = make_split(dataset, {});
  EXPECT_THAT(split.test, ElementsAre(10, 11));
  EXPECT_THAT(split.valid, ElementsAre(8));  // as of the random split of rows 0 … 9
  SplitOptions random;
  random.split = "random";
  EXPECT_EQ(error_of([&] { make_split(dataset, random); }),
            "‹split› random: test has a test part of its own");
}

TEST(Split, RefusesWhatTheDataDoesNotAllow) {
  SplitOptions options;
  options.split = "predefined";
  EXPECT_EQ(error_of([&] { make_split(dataset_of(3, 12), options); }),
            "‹split› predefined: test has no test part of its own");
  Dataset dataset = dataset_of(3, 12);
  dataset.ratings.times.clear();
  options.split = "chronological";
  EXPECT_EQ(error_of([&] { make_split(dataset, options); }), "‹split› chronological: test has no times");
  options.split = "leave-last";
  EXPECT_EQ(error_of([&] { make_split(dataset, options); }), "‹split› leave-last: test has no times");
  EXPECT_EQ(error_of([&] { make_split(dataset_of(1, 2), {}); }),
            "‹split› random: no rows are left for the train part of test's 2 ratings");
  options.split = "chronological";
  EXPECT_EQ(error_of([&] {
              make_split(dataset_of(2, {4, 4, 4, 4}), options);
            }),
            "‹split› chronological: no rows are left for the validation part of test's 4 ratings");
}

}  // namespace
