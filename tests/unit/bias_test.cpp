#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "movrec/model/stars/closed_form.hpp"

using namespace movrec;
using testing::ElementsAre;
using testing::FloatEq;
using testing::Pointwise;

namespace {

constexpr UserIdx u0{0}, u1{1}, u2{2};
constexpr ItemIdx i0{0}, i1{1}, i2{2};

/// Two users and two items with ratings; user 2 and item 2 have none. Mean 3.5.
Ratings small() {
  return {.users = {u0, u0, u1, u1},
          .items = {i0, i1, i0, i1},
          .stars = {5, 3, 4, 2},
          .times = {},
          .n_users = 3,
          .n_items = 3};
}

TEST(Bias, EqualsTheFormulaByHand) {
  const Biases biases = fit_biases(small(), {.user_damping = 5, .item_damping = 10});
  EXPECT_DOUBLE_EQ(biases.mean, 3.5);
  // Items: (1.5 + 0.5) / 12, (-0.5 - 1.5) / 12. Users: what is left sums to 1 and -1, over 2 + 5.
  EXPECT_THAT(biases.item, Pointwise(FloatEq(), {2.F / 12, -2.F / 12, 0.F}));
  EXPECT_THAT(biases.user, Pointwise(FloatEq(), {1.F / 7, -1.F / 7, 0.F}));
}

TEST(Bias, WithoutDampingAnUnratedItemStillHasNone) {
  const Biases biases = fit_biases(small(), {.user_damping = 0, .item_damping = 0});
  EXPECT_THAT(biases.item, ElementsAre(1, -1, 0));
  EXPECT_THAT(biases.user, ElementsAre(0.5, -0.5, 0));
}

TEST(BiasModel, AnswersColdUsersAndItemsWithWhatItKnows) {
  const auto model = make_bias_model({.mean = 3.5, .user = {0.5, -0.5, 0}, .item = {1, -1, 0}});
  std::vector<float> stars(5);
  model->predict(std::vector{u0, u1, u2, kNoUser, kNoUser}, std::vector{i0, kNoItem, i1, i0, kNoItem}, stars);
  EXPECT_THAT(stars, ElementsAre(5, 3, 2.5, 4.5, 3.5));
  std::vector<float> scores(6);
  model->score(std::vector<UserQuery>{{u0}, {kNoUser}}, scores);
  EXPECT_THAT(scores, ElementsAre(5, 3, 4, 4.5, 2.5, 3.5));
  EXPECT_EQ(model->n_parameters(), 7);
}

TEST(PopularityModel, RanksByCountAndPredictsDampedMeans) {
  Ratings train = small();
  train.users.push_back(u2);
  train.items.push_back(i1);
  train.stars.push_back(3.5F);
  const ModelSpec spec{.algorithm = "popularity", .options = {}, .n_users = 3, .n_items = 3, .stars = {}};
  const auto model = fit_popularity_model({.spec = spec, .train = train});
  std::vector<float> scores(6);
  model->score(std::vector<UserQuery>{{u0}, {kNoUser}}, scores);
  EXPECT_THAT(scores, ElementsAre(2, 3, 0, 2, 3, 0));
  EXPECT_FALSE(model->scores_are_stars());
  std::vector<float> stars(4);
  model->predict(std::vector{u0, u1, u2, u0}, std::vector{i0, i1, i2, kNoItem}, stars);
  EXPECT_THAT(stars, Pointwise(FloatEq(), {3.5F + 2.F / 12, 3.5F - 2.F / 13, 3.5F, 3.5F}));
}

TEST(ClosedForm, AModelLoadedFromItsStateAnswersTheSame) {
  const ModelSpec spec{.algorithm = "", .options = {}, .n_users = 3, .n_items = 3, .stars = {}};
  const Ratings train = small();
  const FitContext context{.spec = spec, .train = train};
  const std::vector<UserQuery> users{{u0}, {u1}, {u2}, {kNoUser}};
  const auto answers = [&](const Model& model) {
    std::vector<float> scores(12), stars(3);
    model.score(users, scores);
    model.predict(std::vector{u0, u2, kNoUser}, std::vector{i1, i2, kNoItem}, stars);
    scores.insert(scores.end(), stars.begin(), stars.end());
    return scores;
  };
  const auto bias = fit_bias_model(context), popularity = fit_popularity_model(context);
  EXPECT_EQ(answers(*load_bias_model(spec, bias->state())), answers(*bias));
  EXPECT_EQ(answers(*load_popularity_model(spec, popularity->state())), answers(*popularity));

  ModelSpec other = spec;
  other.n_items = 4;
  EXPECT_THROW(load_bias_model(other, bias->state()), Error);
  EXPECT_THROW(load_popularity_model(other, popularity->state()), Error);
}

}  // namespace
