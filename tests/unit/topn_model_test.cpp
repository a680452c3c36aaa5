// What a top-N model answers to which query. Those with epochs are tested in tests/torch.
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>

#include "movrec/core/error.hpp"
#include "movrec/model/rank/topn_models.hpp"
#include "solve/common/rating_lists.hpp"
#include "support/options.hpp"
#include "support/small_data.hpp"

using namespace movrec;

namespace {

struct Case {
  const char* name;
  ModelOptions (*options)();
  std::unique_ptr<Model> (*fit)(const FitContext&);
  std::unique_ptr<Model> (*load)(const ModelSpec&, const StateDict&);
};

class TopNModels : public testing::TestWithParam<Case> {
 protected:
  TopNModels() : train_(test::small_dataset().ratings) {
    ++train_.n_users;  // one of whom nothing is known
    spec_ = {GetParam().name, GetParam().options(), train_.n_users, train_.n_items, {1, 5}};
    test::set_known(spec_.options, {{"l2", "5"},
                                    {"positive-from", "3"},
                                    {"stars-weight", "0.1"},
                                    {"confidence", "0.5"},
                                    {"embedding-dim", "8"}});
    if (spec_.options.find<IalsOptions>() != nullptr) test::set_known(spec_.options, {{"l2", "0.02"}});
    model_ = GetParam().fit({.spec = spec_, .train = train_});
  }

  UserIdx nobody() const { return UserIdx{train_.n_users - 1}; }
  std::vector<float> scores(std::span<const UserQuery> users) const {
    std::vector<float> out(users.size() * static_cast<std::size_t>(train_.n_items));
    model_->score(users, out);
    return out;
  }

  Ratings train_;
  ModelSpec spec_;
  std::unique_ptr<Model> model_;
};

TEST_P(TopNModels, AHistoryScoresAsItsTrainedUserWhateverElseIsAsked) {
  std::vector<UserQuery> users, strangers;
  const RatingLists lists = positive_lists(train_, 0);  // what is not positive is in a history too
  std::vector<ItemIdx> items;
  for (const std::int32_t item : lists.others) items.push_back(ItemIdx{item});
  for (std::int32_t u = 0; u + 1 < train_.n_users; ++u) {
    const std::size_t begin = lists.begin[static_cast<std::size_t>(u)],
                      n = lists.count(static_cast<std::size_t>(u));
    const History history{std::span(items).subspan(begin, n), lists.stars_of(static_cast<std::size_t>(u))};
    users.push_back({UserIdx{u}});
    strangers.push_back({.user = kNoUser, .history = history});
    strangers.push_back({.user = UserIdx{(u + 1) % train_.n_users}, .history = history});
  }
  const std::vector<float> of_users = scores(users), of_strangers = scores(strangers);
  const auto n_items = static_cast<std::size_t>(train_.n_items);
  for (std::size_t u = 0; u < users.size(); ++u)
    for (std::size_t i = 0; i < n_items; ++i) {
      EXPECT_EQ(of_users[u * n_items + i], of_strangers[2 * u * n_items + i]);
      EXPECT_EQ(of_users[u * n_items + i], of_strangers[(2 * u + 1) * n_items + i]) << "the history is first";
    }
  const std::vector<float> alone = scores(std::span(users).subspan(7, 1));
  EXPECT_TRUE(
      std::equal(alone.begin(), alone.end(), of_users.begin() + static_cast<std::ptrdiff_t>(7 * n_items)));
  for (const std::size_t step : {1U, 3U, 17U}) {  // few items are picked, many are not
    std::vector<ItemIdx> some;
    for (std::int32_t i = 2; i < train_.n_items; i += static_cast<std::int32_t>(step))
      some.push_back(ItemIdx{i});
    std::vector<float> picked(users.size() * some.size());
    model_->score_items(users, some, picked);
    for (std::size_t u = 0; u < users.size(); ++u)
      for (std::size_t k = 0; k < some.size(); ++k)
        EXPECT_EQ(picked[u * some.size() + k], of_users[u * n_items + index(some[k])]);
  }
}

TEST_P(TopNModels, NobodyGetsWhatIsPopular) {
  const ItemIdx disliked[] = {ItemIdx{3}};
  const float stars[] = {1};
  const UserQuery queries[] = {
      {kNoUser}, {nobody()}, {.user = UserIdx{0}, .history = History{disliked, stars}}};
  const std::vector<float> all = scores(queries);
  std::vector<float> counts(static_cast<std::size_t>(train_.n_items));
  for (std::size_t k = 0; k < train_.size(); ++k)
    if (train_.stars[k] >= 3) counts[index(train_.items[k])] += 1;
  for (std::size_t k = 0; k < all.size(); ++k)
    EXPECT_NEAR(all[k], counts[k % counts.size()] / static_cast<float>(train_.n_users), 1e-6);
}

TEST_P(TopNModels, StarsAreThoseOfTheBiases) {
  EXPECT_FALSE(model_->scores_are_stars());
  EXPECT_EQ(model_->supports().stars, spec_.algorithm != "item_knn") << "with ‹stars-weight›, ‹confidence›";
  EXPECT_TRUE(model_->supports().history);
  const Biases biases = fit_biases(train_, spec_.options.get<BiasOptions>());
  const UserIdx users[] = {UserIdx{0}, nobody(), kNoUser};
  const ItemIdx items[] = {ItemIdx{1}, ItemIdx{2}, kNoItem};
  float stars[3];
  model_->predict(users, items, stars);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(stars[k], biases.predict(users[k], items[k]));
}

TEST_P(TopNModels, LoadWhatTheySave) {
  const std::vector<UserQuery> users{{UserIdx{0}}, {UserIdx{5}}, {kNoUser}};
  const std::vector<float> before = scores(users);
  const StateDict state = model_->state();
  const std::int64_t n_parameters = model_->n_parameters();
  model_ = GetParam().load(spec_, state);
  EXPECT_EQ(scores(users), before);
  EXPECT_EQ(model_->n_parameters(), n_parameters);
  for (const auto& [name, array] : state.arrays()) {
    StateDict without;
    for (const auto& [other, kept] : state.arrays())
      if (other != name) without.set(other, kept);
    EXPECT_THROW(GetParam().load(spec_, without), Error) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table,
    TopNModels,
    testing::Values(Case{"ease", options_of<EaseOptions>, fit_ease_model, load_ease_model},
                    Case{"item_knn", options_of<ItemKnnOptions>, fit_item_knn_model, load_item_knn_model},
                    Case{"ials", options_of<IalsOptions>, fit_ials_model, load_ials_model}),
    [](const auto& test) { return test.param.name; });

}  // namespace
