#include "movrec/model/torch/row_net_models.hpp"
#include "movrec/model/table/algorithm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "movrec/eval/rating_metrics.hpp"
#include "movrec/recommend/person.hpp"
#include "support/small_data.hpp"

namespace movrec {
namespace {

class RowNetModels : public testing::Test {
 protected:
  RowNetModels() : data_(test::small_dataset()), side_{data_.catalog, data_.user_features} {}

  ModelSpec spec(const char* name) const {
    ModelSpec spec{name, default_options(name), data_.ratings.n_users, data_.ratings.n_items, data_.stars};
    spec.options.get<LayerOptions>().layers = {24, 12};
    auto& train = spec.options.get<RowTrainOptions>();
    train.epochs = 6;
    train.batch_size = 16;
    return spec;
  }
  std::unique_ptr<Model> fit(const ModelSpec& spec) const {
    return find_algorithm(spec.algorithm).fit({.spec = spec, .train = data_.ratings, .side = &side_});
  }
  std::vector<float> score(const Model& model, const UserQuery& query) const {
    std::vector<float> scores(static_cast<std::size_t>(data_.ratings.n_items));
    model.score(std::span(&query, 1), scores);
    return scores;
  }

  Dataset data_;
  SideInfo side_;
  const std::vector<ItemIdx> items_{ItemIdx{2}, ItemIdx{5}, ItemIdx{11}};
  const std::vector<float> stars_{5, 1, 4};
};

TEST_F(RowNetModels, AProfileLooksAtDemographics) {
  const ModelSpec of = spec("profile");
  const auto model = fit(of);
  const auto loaded = find_algorithm("profile").load(of, model->state());
  ASSERT_TRUE(model->supports().demographics);
  const Demographics young{.age = 18, .gender = 'F', .occupation = 1},
      old{.age = 56, .gender = 'M', .occupation = 2};
  const History history{items_, stars_};
  for (const auto& shown : {std::optional<History>(), std::optional(history)}) {
    const auto ask = [&](const Model& who, const Demographics& demographics) {
      return score(who, {.user = kNoUser, .history = shown, .demographics = demographics});
    };
    EXPECT_NE(ask(*model, young), ask(*model, old));
    EXPECT_EQ(ask(*model, young), ask(*loaded, young));
    EXPECT_NE(ask(*model, young), score(*model, {.user = kNoUser, .history = shown}));
  }
  EXPECT_NE(score(*model, {.user = UserIdx{3}}), score(*model, {.user = UserIdx{3}, .demographics = old}))
      << "what is asked about replaces what the data set says";
}

TEST_F(RowNetModels, AProfileLooksAtTheColumnsOfWhomeverIsAskedAbout) {
  SideColumn club{.name = "club", .categories = {"a", "b"}};
  for (std::int32_t user = 0; user < data_.ratings.n_users; ++user) {
    if (user > 1) club.values.push_back(static_cast<std::uint32_t>(user % 2));
    club.begin.push_back(static_cast<std::uint32_t>(club.values.size()));
  }
  const auto plain = fit(spec("profile"));
  data_.user_features.columns = {club};
  const auto model = fit(spec("profile"));
  const auto of = [&](const Model& who, std::int32_t user) {
    return score(who, {.user = UserIdx{user}, .history = History{items_, stars_}});
  };
  EXPECT_NE(of(*model, 2), of(*model, 3)) << "two clubs, one history";
  EXPECT_EQ(of(*model, 2), of(*model, 4)) << "one club";
  EXPECT_EQ(of(*model, 0), score(*model, {.user = kNoUser, .history = History{items_, stars_}}))
      << "of whom nothing is known";
  EXPECT_EQ(of(*plain, 2), of(*plain, 3));
}

TEST_F(RowNetModels, AProfileHearsDislikes) {
  const auto model = fit(spec("profile"));
  ASSERT_TRUE(model->supports().stars);
  const auto told = [&](float stars) {
    Person person;
    tell(person, *model, data_, ItemIdx{2}, 5);
    tell(person, *model, data_, ItemIdx{7}, stars);
    return person;
  };
  const Person likes = told(5), dislikes = told(1);
  EXPECT_TRUE(dislikes.left_out().empty());
  EXPECT_EQ(dislikes.items().size(), 2U);
  EXPECT_NE(score(*model, dislikes.query()), score(*model, likes.query()));
  Person silent;
  silent.rate(ItemIdx{2}, 5);
  EXPECT_NE(score(*model, dislikes.query()), score(*model, silent.query())) << "a dislike was lost";
}

TEST_F(RowNetModels, WhoLooksAtNoStarsHearsNoDislikes) {
  const auto model = fit(spec("multvae"));
  ASSERT_FALSE(model->supports().stars);
  Person person;
  tell(person, *model, data_, ItemIdx{2}, 4);
  tell(person, *model, data_, ItemIdx{7}, 1);
  EXPECT_EQ(person.items().size(), 1U);
  ASSERT_EQ(person.left_out().size(), 1U);
  EXPECT_EQ(person.left_out()[0], ItemIdx{7});
}

TEST_F(RowNetModels, AHistoryOfNothingStillHasDemographics) {
  const auto model = fit(spec("profile"));
  const History nothing{{}, {}};
  const Demographics who{.age = 18, .gender = 'F', .occupation = 1};
  EXPECT_EQ(score(*model, {.user = kNoUser, .history = nothing, .demographics = who}),
            score(*model, {.user = kNoUser, .demographics = who}));
}

TEST_F(RowNetModels, AnAutoencoderOfItemsAnswersItsUsers) {
  ModelSpec of = spec("autoencoder");
  auto& options = of.options.get<AutoencoderOptions>();
  options.rows = "items";
  options.epochs = 40;
  options.lr = 0.01;
  const auto model = fit(of);
  EXPECT_FALSE(model->supports().history);
  std::vector<float> stars(data_.ratings.size());
  model->predict(data_.ratings.users, data_.ratings.items, stars);
  const std::vector<float> scores = score(*model, {.user = data_.ratings.users[0]});
  EXPECT_NEAR(scores[index(data_.ratings.items[0])], stars[0], 1e-4);
  const RatingReport report = evaluate_ratings(*model, HeldOut(data_.ratings), data_.ratings, data_.stars);
  const RatingReferences references = evaluate_references(HeldOut(data_.ratings), data_.ratings, data_.stars);
  EXPECT_LT(report.all.rmse(), 0.9 * references.bias.all.rmse()) << "it learns its training rows";
  const auto loaded = find_algorithm("autoencoder").load(of, model->state());
  EXPECT_EQ(score(*loaded, {.user = data_.ratings.users[0]}), scores);
}

TEST_F(RowNetModels, RowsStayTheSameWhoeverStandsBesideThem) {
  for (const char* name : {"autoencoder", "profile", "multvae", "recvae"}) {
    const auto model = fit(spec(name));
    const auto n_items = static_cast<std::size_t>(data_.ratings.n_items);
    std::vector<UserQuery> all;
    for (std::int32_t user = 0; user < data_.ratings.n_users; ++user) all.push_back({UserIdx{user}});
    for (int copies = 0; copies < 2; ++copies) all.insert(all.end(), all.begin(), all.begin() + 30);
    std::vector<float> scores(all.size() * n_items);
    model->score(all, scores);
    for (std::size_t u = 0; u < all.size(); ++u) {
      const std::vector<float> alone = score(*model, all[u]);
      ASSERT_TRUE(
          std::equal(alone.begin(), alone.end(), scores.begin() + static_cast<std::ptrdiff_t>(u * n_items)))
          << name << ' ' << u;
    }
  }
}

}  // namespace
}  // namespace movrec
