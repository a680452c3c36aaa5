#include "movrec/recommend/recommender.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "movrec/core/error.hpp"
#include "movrec/core/random.hpp"
#include "support/error_of.hpp"

using namespace movrec;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

/// Scores that are a pure function of (user, item), with many ties.
class FakeModel final : public Model {
 public:
  explicit FakeModel(std::int32_t n_items) : n_items_(n_items) {}
  static float score_of(UserIdx user, ItemIdx item) {
    const std::uint64_t seed = mix_seed(static_cast<std::uint64_t>(number(user) + 1), index(item));
    return static_cast<float>(seed % 40) / 4 - 2;
  }
  std::int32_t n_items() const override { return n_items_; }
  void predict(std::span<const UserIdx> users,
               std::span<const ItemIdx> items,
               std::span<float> stars) const override {
    for (std::size_t k = 0; k < stars.size(); ++k) stars[k] = score_of(users[k], items[k]);
  }
  void do_score(std::span<const UserQuery> users, std::span<float> scores) const override {
    ASSERT_EQ(scores.size(), users.size() * static_cast<std::size_t>(n_items_));
    largest_block = std::max(largest_block, users.size());
    for (std::size_t u = 0; u < users.size(); ++u)
      for (std::int32_t i = 0; i < n_items_; ++i)
        scores[u * static_cast<std::size_t>(n_items_) + static_cast<std::size_t>(i)] =
            score_of(users[u].user, ItemIdx{i});
  }
  QuerySupport supports() const override { return {.history = true}; }
  std::int64_t n_parameters() const override { return 0; }
  StateDict state() const override { return {}; }

  mutable std::size_t largest_block = 0;

 private:
  std::int32_t n_items_;
};

/// Random ratings in which item i has about as many as its index; the last user has none. Item i is of year
/// 1990 + i % 10 (0 of unknown year) and of genre Drama (even), Comedy (odd) or both (multiples of three).
Dataset make_dataset(std::int32_t n_users, std::int32_t n_items, int n_ratings) {
  Dataset dataset;
  dataset.name = "fake";
  Ratings& ratings = dataset.ratings;
  ratings.n_users = n_users, ratings.n_items = n_items;
  RandomStream random(7, 0);
  for (int k = 0; k < n_ratings; ++k) {
    ratings.users.push_back(
        UserIdx{static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(n_users - 1)))});
    const auto a = random.below(static_cast<std::uint32_t>(n_items));
    const auto b = random.below(static_cast<std::uint32_t>(n_items));
    ratings.items.push_back(ItemIdx{static_cast<std::int32_t>(std::max(a, b))});
    ratings.stars.push_back(3);
  }
  dataset.catalog.genre_names = {"Drama", "Comedy", "Film-Noir"};
  for (std::int32_t i = 0; i < n_items; ++i) {
    dataset.catalog.titles.push_back("item " + std::to_string(i));
    dataset.catalog.years.push_back(static_cast<std::int16_t>(i == 0 ? 0 : 1990 + i % 10));
    dataset.catalog.genre_bits.push_back(i % 3 == 0 ? 3U : i % 2 == 0 ? 1U : 2U);
  }
  return dataset;
}

std::vector<UserIdx> all_users(const Dataset& dataset) {
  std::vector<UserIdx> users;
  for (std::int32_t u = 0; u < dataset.ratings.n_users; ++u) users.push_back(UserIdx{u});
  return users;
}

using Lists = std::vector<std::vector<Recommendation>>;
std::vector<std::vector<std::pair<float, std::int32_t>>> pairs(const Lists& lists) {
  std::vector<std::vector<std::pair<float, std::int32_t>>> out;
  for (const auto& list : lists) {
    out.emplace_back();
    for (const Recommendation& one : list) out.back().emplace_back(one.score, number(one.item));
  }
  return out;
}

/// Sorts every pair, and asks of each whether it may stand in the list.
Lists brute_force(const Dataset& dataset, const RecommendOptions& options, int min_ratings) {
  const auto counts = ratings_per_item(dataset.ratings);
  Lists lists;
  for (UserIdx user : all_users(dataset)) {
    auto& list = lists.emplace_back();
    for (std::int32_t i = 0; i < dataset.ratings.n_items; ++i) {
      const ItemIdx item{i};
      bool seen = false;
      for (std::size_t row = 0; row < dataset.ratings.size(); ++row)
        seen = seen || (dataset.ratings.users[row] == user && dataset.ratings.items[row] == item);
      const std::vector<std::string> genres = dataset.catalog.genres(item);
      const int year = dataset.catalog.year(item);
      if (seen && !options.include_seen) continue;
      if (counts[index(item)] < min_ratings) continue;
      if (options.genre == "comedy" && std::find(genres.begin(), genres.end(), "Comedy") == genres.end())
        continue;
      if (options.year_from > 0 && (year == 0 || year < options.year_from)) continue;
      if (options.year_to > 0 && (year == 0 || year > options.year_to)) continue;
      list.push_back({item, FakeModel::score_of(user, item)});
    }
    std::stable_sort(list.begin(), list.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    list.resize(std::min(list.size(), static_cast<std::size_t>(options.top)));
  }
  return lists;
}

TEST(Recommender, EqualsBruteForceForEveryFilter) {
  const Dataset dataset = make_dataset(30, 60, 600);
  const FakeModel model(60);
  const std::vector<RecommendOptions> cases{
      {.top = 5, .min_ratings = 0},
      {.top = 1, .min_ratings = 12},
      {.top = 1000, .min_ratings = 0},
      {.top = 7, .include_seen = true, .min_ratings = 3},
      {.top = 7, .min_ratings = 0, .genre = "comedy"},
      {.top = 9, .min_ratings = 0, .genre = "", .year_from = 1994},
      {.top = 9, .min_ratings = 0, .genre = "", .year_from = 0, .year_to = 1992},
      {.top = 9, .min_ratings = 0, .genre = "comedy", .year_from = 1993, .year_to = 1995},
  };
  for (const RecommendOptions& options : cases) {
    const Recommender recommender(model, dataset, dataset.ratings, options);
    EXPECT_EQ(pairs(recommender.top(all_users(dataset))),
              pairs(brute_force(dataset, options, options.min_ratings)));
  }
}

TEST(Recommender, GivesTheSameListsForAnyBlockAndThreadCount) {
  constexpr int n_items = 3000;
  const Dataset dataset = make_dataset(4000, n_items, 20'000);
  const FakeModel model(n_items);
  const Recommender recommender(model, dataset, dataset.ratings, {.top = 10});
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto together = pairs(recommender.top(all_users(dataset)));
  EXPECT_LT(model.largest_block, 4000U);  // more than one block
  omp_set_num_threads(4);
  EXPECT_EQ(pairs(recommender.top(all_users(dataset))), together);
  omp_set_num_threads(threads);
  for (std::int32_t u = 0; u < 4000; u += 37)
    EXPECT_EQ(pairs(recommender.top(std::vector{UserIdx{u}}))[0], together[static_cast<std::size_t>(u)]);
}

TEST(Recommender, TiesGoToTheSmallerIndex) {
  const Dataset dataset = make_dataset(2, 200, 10);
  const FakeModel model(200);
  const Recommender recommender(model, dataset, dataset.ratings,
                                {.top = 200, .include_seen = true, .min_ratings = 0});
  const auto list = recommender.top(std::vector{UserIdx{1}})[0];
  ASSERT_EQ(list.size(), 200U);
  int ties = 0;
  for (std::size_t k = 1; k < list.size(); ++k) {
    ASSERT_GE(list[k - 1].score, list[k].score);
    if (list[k - 1].score != list[k].score) continue;
    ASSERT_LT(list[k - 1].item, list[k].item);
    ++ties;
  }
  EXPECT_GT(ties, 100);
}

TEST(Recommender, AListHoldsATitleOnceAndNoneThatWasRatedUnderAnotherId) {
  Dataset dataset = make_dataset(6, 40, 60);
  for (std::size_t i = 20; i < 40; ++i) {  // all films twice
    dataset.catalog.titles[i] = dataset.catalog.titles[i - 20];
    dataset.catalog.years[i] = dataset.catalog.years[i - 20];
  }
  const FakeModel model(40);
  const SeenItems seen(dataset.ratings);
  const auto film = [](ItemIdx item) { return number(item) % 20; };
  for (const int top : {3, 100}) {
    const Recommender recommender(model, dataset, dataset.ratings, {.top = top, .min_ratings = 0});
    const Lists lists = recommender.top(all_users(dataset));
    for (std::size_t u = 0; u < lists.size(); ++u) {
      std::set<int> rated, listed;
      for (const ItemIdx item : seen.of(UserIdx{static_cast<std::int32_t>(u)})) rated.insert(film(item));
      for (const Recommendation& one : lists[u]) {
        EXPECT_FALSE(rated.contains(film(one.item)));
        EXPECT_TRUE(listed.insert(film(one.item)).second);
        const ItemIdx other{(number(one.item) + 20) % 40};
        EXPECT_GE(one.score, FakeModel::score_of(UserIdx{static_cast<std::int32_t>(u)}, other));
      }
      EXPECT_EQ(lists[u].size(), std::min<std::size_t>(20 - rated.size(), static_cast<std::size_t>(top)));
    }
  }
  Person person;
  person.rate(ItemIdx{25}, 5);
  const Recommender recommender(model, dataset, dataset.ratings, {.top = 100, .min_ratings = 0});
  const Lists list = recommender.top(std::vector{person});
  EXPECT_EQ(list[0].size(), 19U);
  for (const Recommendation& one : list[0]) EXPECT_NE(film(one.item), 5);
}

TEST(Recommender, UsersWithoutRatingsGetFullLists) {
  const Dataset dataset = make_dataset(5, 20, 100);
  const FakeModel model(20);
  const Recommender recommender(model, dataset, dataset.ratings, {.top = 100, .min_ratings = 0});
  const Lists lists = recommender.top(std::vector{UserIdx{4}, kNoUser});
  EXPECT_EQ(lists[0].size(), 20U);
  EXPECT_EQ(lists[1].size(), 20U);
  EXPECT_THAT(recommender.top(std::span<const UserIdx>()), IsEmpty());
}

TEST(Recommender, LeavesOutWhatAPersonHasRatedOrRefused) {
  const Dataset dataset = make_dataset(5, 20, 100);
  const FakeModel model(20);
  const auto items_of = [&](const Person& person, bool include_seen) {
    const Recommender recommender(model, dataset, dataset.ratings,
                                  {.top = 100, .include_seen = include_seen, .min_ratings = 0});
    std::vector<ItemIdx> items;
    const Lists lists = recommender.top(std::span(&person, 1));
    for (const Recommendation& one : lists[0]) items.push_back(one.item);
    std::ranges::sort(items);
    return items;
  };
  Person person(UserIdx{1});
  const std::vector<ItemIdx> unseen = items_of(person, false);
  ASSERT_GT(unseen.size(), 3U);
  ASSERT_LT(unseen.size(), 20U);
  person.rate(unseen[2], 4);
  person.leave_out(unseen[0]);
  EXPECT_EQ(items_of(person, true).size(), 20U);
  std::vector<ItemIdx> expected = unseen;
  std::erase(expected, unseen[2]);
  std::erase(expected, unseen[0]);
  EXPECT_EQ(items_of(person, false), expected);
}

TEST(Recommender, NobodyGetsAnUnknownItem) {
  Dataset dataset = make_dataset(5, 20, 100);
  dataset.catalog.titles[7] = "unknown";
  const FakeModel model(20);
  const Recommender recommender(model, dataset, dataset.ratings,
                                {.top = 100, .include_seen = true, .min_ratings = 0});
  const Lists lists = recommender.top(std::vector{UserIdx{1}});
  EXPECT_EQ(lists[0].size(), 19U);
  EXPECT_EQ(std::ranges::count(lists[0], ItemIdx{7}, &Recommendation::item), 0);
}

TEST(Recommender, SupportIsCountedInTheTrainingRowsOnly) {
  const Dataset dataset = make_dataset(3, 2, 0);
  Ratings train = dataset.ratings;
  train.users = {UserIdx{0}}, train.items = {ItemIdx{1}}, train.stars = {5};
  const FakeModel model(2);
  const Recommender recommender(model, dataset, train, {.top = 2, .min_ratings = 1});
  const Lists lists = recommender.top(std::vector{UserIdx{0}});
  ASSERT_EQ(lists[0].size(), 1U);
  EXPECT_EQ(lists[0][0].item, ItemIdx{1});
}

std::string error_of(const RecommendOptions& options) {
  const Dataset dataset = make_dataset(3, 4, 10);
  const FakeModel model(4);
  return test::text_of([&] { const Recommender recommender(model, dataset, dataset.ratings, options); },
                       ErrorKind::usage);
}

TEST(Recommender, RefusesUnknownGenresAndYearsThatContradict) {
  EXPECT_EQ(error_of({.genre = "FILM-noir"}), "no error");
  EXPECT_THAT(error_of({.genre = "film noir"}), HasSubstr("unknown genre 'film noir'"));
  EXPECT_THAT(error_of({.genre = "film noir"}), HasSubstr("Drama, Comedy, Film-Noir"));
  EXPECT_THAT(error_of({.genre = "dramma"}), testing::EndsWith("Drama"));
  EXPECT_THAT(error_of({.year_from = 2000, .year_to = 1990}), HasSubstr("‹year-from› 2000 is later"));
  EXPECT_EQ(error_of({.year_from = 2000, .year_to = 0}), "no error");
}

/// Ratings in which item k has counts[k] of them.
Ratings with_counts(const std::vector<int>& counts) {
  Ratings ratings;
  ratings.n_users = 1, ratings.n_items = static_cast<std::int32_t>(counts.size());
  for (std::size_t item = 0; item < counts.size(); ++item)
    for (int k = 0; k < counts[item]; ++k) {
      ratings.users.push_back(UserIdx{0});
      ratings.items.push_back(ItemIdx{static_cast<std::int32_t>(item)});
      ratings.stars.push_back(3);
    }
  return ratings;
}

TEST(Recommender, MinRatingsFollowsTheDensityUpTo20) {
  EXPECT_EQ(default_min_ratings(with_counts({100, 100, 100, 2, 0})), 20);
  EXPECT_EQ(default_min_ratings(with_counts({2, 8})),
            8);  // 2 of 10 may go, the next step would leave nothing
  EXPECT_EQ(default_min_ratings(with_counts({3, 8})), 3);  // 3 of 11 are too many to go
  EXPECT_EQ(default_min_ratings(with_counts({1, 1, 1, 1})), 1);
}

}  // namespace
