#include "movrec/recommend/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "movrec/recommend/person.hpp"

using namespace movrec;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

constexpr std::int32_t kItems = 6;

/// An item's score is the sum over the history of weight(rated, item) * stars.
class TinyModel final : public Model {
 public:
  static float weight(int rated, int item) { return static_cast<float>((rated * 5 + item * 3) % 7) - 2; }
  std::int32_t n_items() const override { return kItems; }
  void predict(std::span<const UserIdx>, std::span<const ItemIdx>, std::span<float>) const override {}
  void do_score(std::span<const UserQuery> users, std::span<float> scores) const override {
    largest_batch = std::max(largest_batch, users.size());
    std::ranges::fill(scores, 0.F);
    for (std::size_t u = 0; u < users.size(); ++u)
      for (std::size_t k = 0; users[u].history && k < users[u].history->items.size(); ++k)
        for (int i = 0; i < kItems; ++i)
          scores[u * kItems + static_cast<std::size_t>(i)] +=
              weight(number(users[u].history->items[k]), i) * users[u].history->stars[k];
  }
  QuerySupport supports() const override { return {.history = true}; }
  bool scores_are_stars() const override { return are_stars; }
  bool knows_similarities() const override { return true; }
  /// Items are alike as their numbers are close.
  void item_similarities(ItemIdx item, std::span<float> similarities) const override {
    for (int i = 0; i < kItems; ++i)
      similarities[static_cast<std::size_t>(i)] = 1 - 0.1F * static_cast<float>(std::abs(number(item) - i));
  }
  bool are_stars = true;
  std::int64_t n_parameters() const override { return 0; }
  StateDict state() const override { return {}; }
  mutable std::size_t largest_batch = 0;
};

TEST(Explain, NamesTheRatingsWithoutWhichTheScoreFallsMost) {
  const TinyModel model;
  Person person;
  person.rate(ItemIdx{0}, 5);  // weights to 4, 5: 3, -1
  person.rate(ItemIdx{1}, 3);  // 1, 4
  person.rate(ItemIdx{2}, 4);  // -1, 2
  person.rate(ItemIdx{3}, 1);  // 4, 0
  const std::vector<ItemIdx> items{ItemIdx{5}, ItemIdx{4}};
  const auto reasons = explain(model, person.query(), items, 3);
  ASSERT_EQ(reasons.size(), 2U);
  for (std::size_t k = 0; k < 2; ++k)
    for (const Reason& reason : reasons[k])
      EXPECT_FLOAT_EQ(reason.gain, TinyModel::weight(number(reason.item), number(items[k])) *
                                       person.stars()[index(reason.item)]);
  const auto names = [&](std::size_t k) {
    std::vector<int> out;
    for (const Reason& reason : reasons[k]) out.push_back(number(reason.item));
    return out;
  };
  EXPECT_THAT(names(0), ElementsAre(1, 2));     // item 5; what adds nothing is no reason
  EXPECT_THAT(names(1), ElementsAre(0, 3, 1));  // item 4
  EXPECT_EQ(explain(model, person.query(), items, 1)[1].size(), 1U);
  EXPECT_EQ(model.largest_batch, 4U);  // all at once
}

TEST(Explain, OfManyRatingsTriesThoseMostLikeTheItem) {
  const TinyModel model;
  Person person;
  for (const int item : {0, 1, 2, 3}) person.rate(ItemIdx{item}, 5);
  const std::vector<ItemIdx> items{ItemIdx{4}};
  const auto all = explain(model, person.query(), items, 3);
  ASSERT_EQ(all[0].size(), 3U);  // 3, 0, 1
  const auto few = explain(model, person.query(), items, 3, 2);
  ASSERT_EQ(few[0].size(), 2U);
  EXPECT_EQ(few[0][0].item, ItemIdx{3});
  EXPECT_EQ(few[0][0].gain, all[0][0].gain);
  EXPECT_EQ(few[0][1].item, ItemIdx{1});  // 0 is too unlike
}

TEST(Explain, TheOnlyRatingOfARankerIsTheReason) {
  TinyModel model;
  model.are_stars = false;
  Person person;
  person.rate(ItemIdx{1}, 3);
  const std::vector<ItemIdx> items{ItemIdx{5}};
  const auto reasons = explain(model, person.query(), items, 3);
  ASSERT_EQ(reasons[0].size(), 1U);
  EXPECT_EQ(reasons[0][0].item, ItemIdx{1});
  EXPECT_EQ(reasons[0][0].gain, 12);
}

TEST(Explain, WithoutAHistoryThereIsNoReason) {
  const TinyModel model;
  const std::vector<ItemIdx> items{ItemIdx{5}};
  EXPECT_THAT(explain(model, Person().query(), items, 3), ElementsAre(IsEmpty()));
}

TEST(Person, KeepsTheLastRatingOfEachItemAscending) {
  Person person(UserIdx{2});
  EXPECT_FALSE(person.query().history.has_value());
  person.rate(ItemIdx{4}, 2);
  person.rate(ItemIdx{1}, 5);
  person.rate(ItemIdx{4}, 3);
  EXPECT_THAT(person.items(), ElementsAre(ItemIdx{1}, ItemIdx{4}));
  EXPECT_THAT(person.stars(), ElementsAre(5, 3));
  person.leave_out(ItemIdx{1});
  EXPECT_THAT(person.items(), ElementsAre(ItemIdx{4}));
  EXPECT_THAT(person.left_out(), ElementsAre(ItemIdx{1}));
  person.rate(ItemIdx{1}, 4);
  EXPECT_THAT(person.left_out(), IsEmpty());
  person.forget(ItemIdx{1});
  person.forget(ItemIdx{0});
  EXPECT_THAT(person.items(), ElementsAre(ItemIdx{4}));
  EXPECT_EQ(person.query().user, UserIdx{2});
}

TEST(Person, TakesHisRatingsFromRowsTheLaterOneCounts) {
  Ratings rows;
  rows.users = {UserIdx{1}, UserIdx{0}, UserIdx{1}, UserIdx{1}};
  rows.items = {ItemIdx{3}, ItemIdx{1}, ItemIdx{0}, ItemIdx{3}};
  rows.stars = {1, 2, 3, 4};
  rows.n_users = 3;
  const std::vector<UserIdx> users{UserIdx{2}, UserIdx{1}, kNoUser, UserIdx{1}};
  const std::vector<Person> persons = with_histories(users, rows, {});
  EXPECT_FALSE(persons[0].has_history());
  EXPECT_FALSE(persons[2].has_history());
  EXPECT_THAT(persons[3].stars(), ElementsAre(3, 4));
  const Person& person = persons[1];
  EXPECT_THAT(person.items(), ElementsAre(ItemIdx{0}, ItemIdx{3}));
  EXPECT_THAT(person.stars(), ElementsAre(3, 4));
}

}  // namespace
