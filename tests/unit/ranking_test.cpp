#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "movrec/core/error.hpp"
#include "movrec/core/random.hpp"
#include "movrec/eval/ranking.hpp"
#include "movrec/eval/rating_metrics.hpp"
#include "movrec/model/common/top_items.hpp"
#include "movrec/model/stars/closed_form.hpp"

using namespace movrec;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

namespace {

struct Row {
  int user, item;
  float stars;
};

Ratings table(const std::vector<Row>& rows, int n_users, int n_items) {
  Ratings ratings;
  ratings.n_users = n_users, ratings.n_items = n_items;
  for (const Row& row : rows) {
    ratings.users.push_back(UserIdx{row.user});
    ratings.items.push_back(ItemIdx{row.item});
    ratings.stars.push_back(row.stars);
  }
  return ratings;
}

/// Scores by user (kNoUser and others: by item number, descending), and by history where it has one.
class TableModel : public Model {
 public:
  TableModel(std::vector<std::vector<float>> by_user, QuerySupport supports = {})
      : by_user_(std::move(by_user)), supports_(supports) {}
  std::int32_t n_items() const override { return static_cast<std::int32_t>(by_user_[0].size()); }
  void predict(std::span<const UserIdx> users,
               std::span<const ItemIdx> items,
               std::span<float> stars) const override {
    for (std::size_t k = 0; k < stars.size(); ++k) stars[k] = by_user_[index(users[k])][index(items[k])];
  }
  void do_score(std::span<const UserQuery> users, std::span<float> scores) const override {
    const std::size_t n = by_user_[0].size();
    for (std::size_t u = 0; u < users.size(); ++u) {
      saw_history_ = saw_history_ || users[u].history.has_value();
      saw_demographics_ = saw_demographics_ || users[u].demographics.has_value();
      for (std::size_t i = 0; i < n; ++i)
        scores[u * n + i] = users[u].history ? static_cast<float>(users[u].history->items.size()) +
                                                   0.1F * static_cast<float>(i)
                                             : by_user_[index(users[u].user)][i];
    }
  }
  QuerySupport supports() const override { return supports_; }
  std::int64_t n_parameters() const override { return 0; }
  StateDict state() const override { return {}; }
  bool saw_history() const { return saw_history_; }
  bool saw_demographics() const { return saw_demographics_; }

 private:
  std::vector<std::vector<float>> by_user_;
  QuerySupport supports_;
  mutable bool saw_history_ = false, saw_demographics_ = false;
};

const Catalog kNoCatalog;
const UserFeatures kNoFeatures;
constexpr SideInfo kNoSide{kNoCatalog, kNoFeatures};

RankingOptions at(std::vector<std::int64_t> ks) {
  RankingOptions options;
  options.ks = std::move(ks);
  return options;
}

double log2_of(double x) {
  return std::log2(x);
}

// One user, ten items in the order 9, 8, … 0; item 9 is seen, so the list is 8 7 6 5 4 3 2 1 0. Relevant: 8,
// 6, 3 at ranks 1, 3 and 6.
TEST(Ranking, MetricsEqualHandComputedValues) {
  const Ratings train = table({{0, 9, 5}}, 1, 10), test = table({{0, 3, 1}, {0, 8, 5}, {0, 6, 2}}, 1, 10);
  const RankingTask task(test, {&train}, kNoSide, at({2, 5, 10}));
  ASSERT_EQ(task.cases().size(), 1U);
  EXPECT_THAT(task.cases()[0].relevant, ElementsAre(ItemIdx{3}, ItemIdx{6}, ItemIdx{8}));
  const RankingScores scores = evaluate_ranking(TableModel({{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}), task);
  const auto value = [&](const char* name) { return scores.value(name).value(); };
  EXPECT_DOUBLE_EQ(value("map@2"), 1.0 / 2);
  EXPECT_DOUBLE_EQ(value("map@5"), (1 + 2.0 / 3) / 3);
  EXPECT_DOUBLE_EQ(value("map@10"), (1 + 2.0 / 3 + 3.0 / 6) / 3);
  EXPECT_DOUBLE_EQ(value("mrp@2"), 0.5);
  EXPECT_DOUBLE_EQ(value("mrp@5"), 0.4);
  EXPECT_DOUBLE_EQ(value("mrp@10"), 0.3);  // of K, though the list has nine items
  EXPECT_DOUBLE_EQ(value("recall@2"), 1.0 / 3);
  EXPECT_DOUBLE_EQ(value("recall@10"), 1);
  EXPECT_DOUBLE_EQ(value("ndcg@2"), 1 / (1 + 1 / log2_of(3)));
  EXPECT_DOUBLE_EQ(value("ndcg@5"), 1.5 / (1 + 1 / log2_of(3) + 0.5));
  EXPECT_DOUBLE_EQ(value("ndcg@10"), (1.5 + 1 / log2_of(7)) / (1 + 1 / log2_of(3) + 0.5));
  EXPECT_DOUBLE_EQ(value("hr@2"), 1);
  EXPECT_DOUBLE_EQ(value("mrr@10"), 1);
  EXPECT_DOUBLE_EQ(value("f1@2"), 2 * (1.0 / 2) * (1.0 / 3) / (1.0 / 2 + 1.0 / 3));
  EXPECT_DOUBLE_EQ(value("f1@5"), 2 * (2.0 / 5) * (2.0 / 3) / (2.0 / 5 + 2.0 / 3));
  EXPECT_DOUBLE_EQ(value("f1@10"), 2 * (3.0 / 10) * 1 / (3.0 / 10 + 1));
  EXPECT_FALSE(scores.value("map@3").has_value());
}

TEST(Ranking, MeansAreOverCasesAndMissesCountAsZero) {
  // User 0 hits at rank 2, user 1 not within 2 of 3 unseen items; user 2 has no test rows.
  const Ratings train = table({{0, 3, 5}, {1, 3, 5}, {2, 0, 5}}, 3, 4);
  const Ratings test = table({{1, 2, 4}, {0, 1, 4}}, 3, 4);
  const RankingTask task(test, {&train}, kNoSide, at({2}));
  const RankingScores scores = evaluate_ranking(TableModel({{3, 2, 1, 9}, {3, 2, 1, 9}, {0, 0, 0, 0}}), task);
  EXPECT_EQ(task.cases().size(), 2U);
  EXPECT_DOUBLE_EQ(scores.value("mrr@2").value(), 0.25);
  EXPECT_DOUBLE_EQ(scores.value("hr@2").value(), 0.5);
  EXPECT_DOUBLE_EQ(scores.value("map@2").value(), 0.25);
  double sum = 0;
  const auto column =
      static_cast<std::size_t>(std::ranges::find(scores.names, "map@2") - scores.names.begin());
  for (std::size_t c = 0; c < 2; ++c) sum += scores.by_case[c * scores.n_by_case + column];
  EXPECT_DOUBLE_EQ(sum / 2, scores.value("map@2").value());
}

TEST(Ranking, FiguresOfAllListsEqualHandComputedValues) {
  Catalog catalog;
  catalog.genre_names = {"A", "B", "C"};
  catalog.genre_bits = {0b001, 0b011, 0b110, 0};
  // Lists of two: user 0 [0, 1], user 1 [1, 2], user 2 [1, 3].
  const Ratings train = table({{0, 1, 3}, {1, 1, 3}, {2, 0, 3}, {2, 2, 3}}, 4, 4);
  const Ratings nothing = table({}, 4, 4), test = table({{0, 0, 5}, {1, 2, 5}, {2, 3, 5}}, 4, 4);
  const RankingTask task({test}, {&nothing}, {catalog, kNoFeatures}, at({2}));
  const RankingTask counted({test}, {&train}, {catalog, kNoFeatures}, at({2}));
  EXPECT_THAT(counted.item_ratings(), ElementsAre(1, 2, 1, 0));
  EXPECT_EQ(counted.n_train_users(), 3);
  const TableModel model({{9, 8, 0, 0}, {0, 9, 8, 0}, {0, 9, 0, 8}});
  const RankingScores scores = evaluate_ranking(model, task);
  EXPECT_DOUBLE_EQ(scores.value("coverage@2").value(), 1);
  // Items 0 | 1: 1 of 2 genres; 1 | 2: 1 of 3; 1 | 3: nothing is known of 3.
  EXPECT_DOUBLE_EQ(scores.value("diversity@2").value(), (0.5 + 2.0 / 3 + 1) / 3);
  // Each two of the lists share item 1.
  EXPECT_DOUBLE_EQ(scores.value("overlap@2").value(), 0.5);
  // Left out: what each has rated. Lists: [0, 2], [2, 0], [1, 3].
  const RankingScores novel = evaluate_ranking(model, counted);
  EXPECT_DOUBLE_EQ(novel.value("novelty@2").value(), (4 * log2_of(3) + log2_of(1.5) + log2_of(3)) / 6);
  EXPECT_DOUBLE_EQ(novel.value("overlap@2").value(), (1.0 + 0 + 0) / 3);
  EXPECT_TRUE(std::isnan(
      evaluate_ranking(model, RankingTask(test, {&train}, kNoSide, at({2}))).value("diversity@2").value()));
}

TEST(Ranking, OverlapEqualsThatOfAllPairs) {
  constexpr int kUsers = 30, kItems = 20;
  std::vector<std::vector<float>> scores(kUsers, std::vector<float>(kItems));
  RandomStream random(7, 0);
  std::vector<Row> rows;
  for (int u = 0; u < kUsers; ++u) {
    for (float& score : scores[static_cast<std::size_t>(u)]) score = static_cast<float>(random.uniform());
    rows.push_back({u, u % kItems, 3});
  }
  const Ratings test = table(rows, kUsers, kItems), nothing = table({}, kUsers, kItems);
  const RankingTask task(test, {&nothing}, kNoSide, at({5}));
  const TopLists lists = rank(TableModel(scores), task);
  double shared = 0;
  for (std::size_t a = 0; a < kUsers; ++a)
    for (std::size_t b = 0; b < a; ++b)
      for (const ItemIdx item : lists.of(a)) shared += std::ranges::count(lists.of(b), item) > 0 ? 1 : 0;
  EXPECT_NEAR(evaluate_ranking(TableModel(scores), task).value("overlap@5").value(),
              shared / (kUsers * (kUsers - 1) / 2.0) / 5, 1e-12);
}

// A model that scores all items alike knows nothing, wherever the relevant ones stand.
TEST(Ranking, ManyTiesGiveChanceWhateverTheIds) {
  constexpr int kUsers = 600, kItems = 60;
  const Ratings nothing = table({}, kUsers, kItems);
  const TableModel model(std::vector<std::vector<float>>(kUsers, std::vector<float>(kItems, 2.5F)));
  for (const int first : {0, 55}) {
    std::vector<Row> rows;
    for (int u = 0; u < kUsers; ++u) rows.push_back({u, first + u % 5, 3});
    const Ratings test = table(rows, kUsers, kItems);
    for (const std::int64_t negatives : {0, 19}) {
      RankingOptions options = at({5, 50});
      options.sampled_negatives = negatives;
      const RankingTask task(test, {&nothing}, kNoSide, options);
      const RankingScores scores = evaluate_ranking(model, task);
      EXPECT_EQ(scores.n_drawn, kUsers);
      EXPECT_NEAR(scores.value("hr@5").value(), negatives == 0 ? 5.0 / kItems : 5.0 / 20, 0.06);
      EXPECT_EQ(scores.by_case, evaluate_ranking(model, task).by_case);
      options.ranking_seed = 43;
      const RankingTask other(test, {&nothing}, kNoSide, options);
      EXPECT_NE(evaluate_ranking(model, other).by_case, scores.by_case);
    }
  }
}

TEST(Ranking, FewTiesKeepTheOrderOfIdsAndManyAtTheEndOfAListAreDrawn) {
  const Ratings nothing = table({}, 2, 8), test = table({{0, 0, 5}, {1, 0, 5}}, 2, 8);
  // User 0: two pairs tie. User 1: one place is left for five items of one score.
  const TableModel model({{1, 3, 3, 2, 2, 0, 0.5, 0.25}, {7, 6, 5, 1, 1, 1, 1, 1}});
  std::set<int> fourth;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    RankingOptions options = at({2, 4});
    options.ranking_seed = seed;
    const RankingTask task(test, {&nothing}, kNoSide, options);
    const TopLists lists = rank(model, task);
    EXPECT_THAT(lists.of(0), ElementsAre(ItemIdx{1}, ItemIdx{2}, ItemIdx{3}, ItemIdx{4}));
    EXPECT_THAT(lists.of(1).first(3), ElementsAre(ItemIdx{0}, ItemIdx{1}, ItemIdx{2}));
    EXPECT_THAT(lists.drawn, ElementsAre(0, 1));
    fourth.insert(number(lists.of(1)[3]));
  }
  EXPECT_THAT(fourth, ElementsAre(3, 4, 5, 6, 7));
}

TEST(Ranking, TiesGoToTheSmallerItemAndShortListsEnd) {
  const std::vector<float> scores{1, 2, 2, 1, 2};
  const std::vector<ItemIdx> items{ItemIdx{0}, ItemIdx{1}, ItemIdx{2}, ItemIdx{3}, ItemIdx{4}};
  std::vector<int> best;
  for (const ScoredItem& item : best_of(scores, items, std::vector{ItemIdx{2}}, 3))
    best.push_back(number(item.item));
  EXPECT_THAT(best, ElementsAre(1, 4, 0));
  EXPECT_TRUE(best_of(scores, items, {}, 0).empty());
  const Ratings train = table({{0, 1, 5}}, 1, 3), test = table({{0, 0, 5}}, 1, 3);
  const RankingTask task(test, {&train}, kNoSide, at({50}));
  EXPECT_THAT(rank(TableModel({{1, 1, 1}}), task).items, ElementsAre(ItemIdx{0}, ItemIdx{2}, kNoItem));
}

TEST(Ranking, OnlyRelevantStarsCountAndUsersWithoutAreLeftOut) {
  const Ratings train = table({{0, 0, 5}}, 3, 5);
  const Ratings test = table({{0, 1, 3}, {0, 2, 4}, {1, 3, 3.5}, {2, 4, 5}, {2, 4, 5}}, 3, 5);
  RankingOptions options;
  options.relevant_from = 4;
  const RankingTask task(test, {&train}, kNoSide, options);
  ASSERT_EQ(task.cases().size(), 2U);
  EXPECT_EQ(task.n_without_relevant(), 1);
  EXPECT_THAT(task.cases()[0].relevant, ElementsAre(ItemIdx{2}));
  EXPECT_EQ(task.cases()[1].query.user, UserIdx{2});
  EXPECT_THAT(task.cases()[1].relevant, ElementsAre(ItemIdx{4}));  // once, however often it was rated
}

TEST(Ranking, ItemsOfTrainingAndValidationAreNeverListed) {
  const Ratings train = table({{0, 0, 5}, {0, 3, 5}}, 1, 5), valid = table({{0, 1, 5}}, 1, 5),
                test = table({{0, 2, 5}, {0, 3, 5}}, 1, 5);
  const RankingTask task(test, {&train, &valid}, kNoSide, at({5}));
  EXPECT_THAT(task.cases()[0].left_out, ElementsAre(ItemIdx{0}, ItemIdx{1}, ItemIdx{3}));
  EXPECT_THAT(task.cases()[0].relevant, ElementsAre(ItemIdx{2}));  // 3 is known, so it cannot be asked for
  EXPECT_THAT(rank(TableModel({{9, 8, 1, 7, 2}}), task).items,
              ElementsAre(ItemIdx{4}, ItemIdx{2}, kNoItem, kNoItem, kNoItem));
}

/// A part with two queries about user 1: it shows items 0 and 2, and then item 2 alone.
struct QueryPart {
  Ratings rows = table({{1, 2, 4}, {1, 0, 5}, {1, 3, 2}, {1, 1, 1}}, 2, 4);
  std::vector<SplitQuery> queries{{UserIdx{1}, {0, 1}, {2, 3}}, {UserIdx{1}, {0}, {1, 2}}};
  HeldOut part{rows, queries};
  Ratings train = table({{0, 0, 4}, {0, 1, 2}}, 2, 4);
};

TEST(HeldOutUsers, QueriesShowWhatIsVisibleAndAskForWhatIsHidden) {
  const QueryPart about;
  const RankingTask task(about.part, {&about.train}, kNoSide, at({3}));
  ASSERT_EQ(task.cases().size(), 2U);
  EXPECT_THAT(task.cases()[0].query.history->items, ElementsAre(ItemIdx{0}, ItemIdx{2}));
  EXPECT_THAT(task.cases()[0].query.history->stars, ElementsAre(5, 4));
  EXPECT_THAT(task.cases()[0].left_out, ElementsAre(ItemIdx{0}, ItemIdx{2}));
  EXPECT_THAT(task.cases()[0].relevant, ElementsAre(ItemIdx{1}, ItemIdx{3}));
  EXPECT_THAT(task.cases()[1].relevant, ElementsAre(ItemIdx{0}, ItemIdx{3}));
}

TEST(HeldOutUsers, ModelsAreGivenWhatTheySupportAndNoMore) {
  const QueryPart about;
  UserFeatures users;
  users.ages = {20, 30}, users.genders = {'M', 'F'}, users.occupations = {1, 2};
  const HeldOut part(about.rows, about.queries, &users);
  const RankingTask task(part, {&about.train}, kNoSide, at({3}));
  EXPECT_EQ(task.cases()[0].query.demographics->age, 30);
  const std::vector<std::vector<float>> scores{{0, 0, 0, 0}, {1, 2, 3, 4}};
  const auto check = [&](const auto& ask) {
    const TableModel plain(scores), folding(scores, {.history = true}),
        both(scores, {.history = true, .demographics = true});
    ask(plain);
    EXPECT_FALSE(plain.saw_history() || plain.saw_demographics());
    ask(folding);
    EXPECT_TRUE(folding.saw_history());
    EXPECT_FALSE(folding.saw_demographics());
    ask(both);
    EXPECT_TRUE(both.saw_history() && both.saw_demographics());
  };
  check([&](const Model& model) { rank(model, task); });
  check([&](const Model& model) { predict_part(model, part); });
}

TEST(HeldOutUsers, HiddenRatingsArePredictedFromVisibleOnesWhereTheModelCan) {
  const QueryPart about;
  std::vector<std::pair<std::size_t, float>> seen;
  const auto visit = [&](std::size_t row, float stars) { seen.emplace_back(row, stars); };
  const std::vector<std::vector<float>> scores{{0, 0, 0, 0}, {1, 2, 3, 4}};
  for_each_prediction(TableModel(scores), about.part, visit);
  EXPECT_THAT(seen,
              ElementsAre(std::pair(2U, 4.F), std::pair(3U, 2.F), std::pair(1U, 1.F), std::pair(2U, 4.F)));
  seen.clear();
  for_each_prediction(TableModel(scores, {.history = true}), about.part, visit);
  EXPECT_THAT(seen,
              ElementsAre(std::pair(2U, 2.3F), std::pair(3U, 2.1F), std::pair(1U, 1.F), std::pair(2U, 1.3F)));
}

TEST(HeldOutUsers, TheBiasReferenceLearnsTheUserFromWhatIsVisible) {
  const QueryPart about;
  // Mean 3; item 0: 1 / 11, item 1: -1 / 11. User 1 by the first query: (5 - 3 - 1/11 + 4 - 3) / (2 + 5).
  const auto model = fit_bias_model({.spec = {}, .train = about.train});
  std::vector<float> stars;
  for_each_prediction(*model, about.part, [&](std::size_t, float predicted) { stars.push_back(predicted); });
  const double user = (3 - 1.0 / 11) / 7;
  ASSERT_EQ(stars.size(), 4U);
  EXPECT_NEAR(stars[0], 3 + user, 1e-6);
  EXPECT_NEAR(stars[1], 3 + user - 1.0 / 11, 1e-6);
  EXPECT_NEAR(stars[2], 3 + 1.0 / 6 + 1.0 / 11, 1e-6);
  const RatingReferences references = evaluate_references(about.part, about.train, {1, 5});
  EXPECT_EQ(references.bias.all.rows, 4);
  EXPECT_DOUBLE_EQ(references.constant.all.mae(), (1 + 2 + 2 + 1) / 4.0);
  EXPECT_NEAR(references.bias.all.mae(),
              (1 + user + 2 + user - 1.0 / 11 + 2 - 1.0 / 6 - 1.0 / 11 + 1 + 1.0 / 6) / 4, 1e-6);
}

TEST(Ranking, ReferencesArePopularityAndChance) {
  constexpr int kUsers = 2000, kItems = 25;
  std::vector<Row> train_rows, test_rows;
  for (int u = 0; u < kUsers; ++u) {
    train_rows.push_back({u, u % 5, 3});
    if (u % 2 == 0) train_rows.push_back({u, 7, 3});
    test_rows.push_back({u, 10 + u % 10, 4});
  }
  const Ratings train = table(train_rows, kUsers, kItems), test = table(test_rows, kUsers, kItems);
  const RankingTask task(test, {&train}, kNoSide, at({6, 10}));
  const NamedScores references = evaluate_ranking_references(task);
  ASSERT_EQ(references.size(), 2U);
  EXPECT_EQ(references[0].first, "popularity");
  const auto popularity = fit_popularity_model(
      {.spec = {.algorithm = "", .options = {}, .n_users = kUsers, .n_items = kItems, .stars = {}},
       .train = train});
  EXPECT_EQ(references[0].second.by_case, evaluate_ranking(*popularity, task).by_case);
  // 23 or 24 items are left of which one is relevant.
  EXPECT_NEAR(references[1].second.value("hr@10").value(), 10 / 23.5, 0.04);
  EXPECT_NEAR(references[1].second.value("coverage@10").value(), 1, 1e-12);
}

TEST(Ranking, TheLookupFindsTheUserWhomTheTrainingRowsHold) {
  // User 2's history (0: 5, 1: 3) is user 1's too; user 0 gave other stars.
  const Ratings train = table({{0, 0, 4}, {0, 1, 3}, {0, 4, 5}, {1, 0, 5}, {1, 1, 3}, {1, 3, 2}}, 3, 5);
  const Ratings rows = table({{2, 0, 5}, {2, 1, 3}, {2, 3, 4}}, 3, 5);
  const std::vector<SplitQuery> queries{{UserIdx{2}, {0, 1}, {2}}};
  const RankingTask task({rows, queries}, {&train}, kNoSide, at({1}));
  EXPECT_DOUBLE_EQ(evaluate_lookup(task, train).value("map@1").value(), 1);
  const std::vector<SplitQuery> others{{UserIdx{2}, {1}, {2}}};
  const RankingTask less({rows, others}, {&train}, kNoSide, at({1}));  // users 0 and 1: items 0 first
  EXPECT_DOUBLE_EQ(evaluate_lookup(less, train).value("map@1").value(), 0);
}

TEST(Ranking, SampledCandidatesAreTheHitAndUnratedItems) {
  constexpr int kUsers = 200, kItems = 40;
  std::vector<Row> train_rows, test_rows;
  for (int u = 0; u < kUsers; ++u) {
    for (int i = 0; i < 10; ++i) train_rows.push_back({u, (u + 3 * i) % kItems, 3});
    test_rows.push_back({u, (u + 1) % kItems, 4});
  }
  const Ratings train = table(train_rows, kUsers, kItems), test = table(test_rows, kUsers, kItems);
  RankingOptions options = at({1, 5, 10});
  options.sampled_negatives = 9;
  const RankingTask task(test, {&train}, kNoSide, options), same(test, {&train}, kNoSide, options);
  std::set<int> drawn;
  for (std::size_t c = 0; c < kUsers; ++c) {
    const RankingCase& asked = task.cases()[c];
    ASSERT_EQ(asked.candidates.size(), 10U);
    EXPECT_EQ(std::ranges::adjacent_find(asked.candidates, std::greater_equal()), asked.candidates.end());
    EXPECT_TRUE(std::ranges::binary_search(asked.candidates, asked.relevant[0]));
    for (const ItemIdx item : asked.candidates) {
      EXPECT_FALSE(std::ranges::binary_search(asked.left_out, item));
      drawn.insert(number(item));
    }
    EXPECT_THAT(same.cases()[c].candidates, ElementsAreArray(asked.candidates));
  }
  EXPECT_EQ(drawn.size(), std::size_t{kItems});
  const RankingScores random = evaluate_ranking_references(task)[1].second;
  EXPECT_NEAR(random.value("hr@5").value(), 0.5, 0.12);
  EXPECT_DOUBLE_EQ(random.value("hr@10").value(), 1);
  EXPECT_FALSE(random.value("coverage@5").has_value());

  options.sampled_negatives = 30;
  EXPECT_THROW(RankingTask(test, {&train}, kNoSide, options), Error);
  const Ratings two = table({{0, 1, 4}, {0, 2, 4}}, kUsers, kItems);
  options.sampled_negatives = 1;
  EXPECT_THROW(RankingTask(two, {&train}, kNoSide, options), Error);
}

TEST(Ranking, IsTheSameForAnyBlockSizeAndThreadCount) {
  // More scores than one block holds, against lists of one user at a time.
  constexpr int kUsers = 3000, kItems = 2000;
  Biases biases{.mean = 3, .user = std::vector<float>(kUsers), .item = std::vector<float>(kItems)};
  RandomStream random(3, 0);
  for (std::size_t i = 0; i < kItems; ++i)  // ties of four, as many as are left in the order of ids
    biases.item[i] = static_cast<float>(i * 7 % kItems / 4) * 0.01F;
  std::vector<Row> train_rows, test_rows;
  for (int u = 0; u < kUsers; ++u) {
    for (int k = 0; k < 5; ++k) train_rows.push_back({u, static_cast<int>(random.below(kItems)), 3});
    for (int k = 0; k < 5; ++k) test_rows.push_back({u, static_cast<int>(random.below(kItems)), 3});
  }
  const Ratings train = table(train_rows, kUsers, kItems), test = table(test_rows, kUsers, kItems);
  const auto model = make_bias_model(biases);
  const RankingTask task(test, {&train}, kNoSide, {});
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const RankingScores one = evaluate_ranking(*model, task);
  omp_set_num_threads(3);
  const RankingScores three = evaluate_ranking(*model, task);
  omp_set_num_threads(threads);
  EXPECT_EQ(one.by_case, three.by_case);
  for (std::size_t m = 0; m < one.values.size(); ++m)
    EXPECT_TRUE(std::isnan(one.values[m]) || one.values[m] == three.values[m]) << one.names[m];
  std::vector<int> order(kItems);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater(),
                           [&](int i) { return biases.item[static_cast<std::size_t>(i)]; });
  const TopLists lists = rank(*model, task);
  for (std::size_t c = 0; c < task.cases().size(); c += 500) {
    std::vector<ItemIdx> best;
    for (std::size_t k = 0; best.size() < lists.width; ++k)
      if (!std::ranges::binary_search(task.cases()[c].left_out, ItemIdx{order[k]}))
        best.push_back(ItemIdx{order[k]});
    EXPECT_THAT(lists.of(c), ElementsAreArray(best));
  }
}

}  // namespace
