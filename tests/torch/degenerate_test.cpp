// Data of which nothing can be learned: every row of the algorithm table trains on it, or says in one line why
// not.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "support/table_rows.hpp"

namespace movrec {
namespace {

class LittleData : public testing::TestWithParam<test::TableRow> {
 protected:
  /// Fits `train`, asks for all that can be asked, and goes once through a checkpoint's arrays.
  void fit_and_ask(const Ratings& train, StarScale stars) const {
    const ModelSpec spec = test::small_spec(GetParam(), train, stars);
    std::unique_ptr<Model> model;
    try {
      model = GetParam().algorithm.fit({.spec = spec, .train = train});
    } catch (const Error& error) {
      EXPECT_FALSE(error.message().empty());
      EXPECT_EQ(error.message().find('\n'), std::string::npos) << error.message();
      EXPECT_FALSE(error.why().empty()) << error.message();
      EXPECT_EQ(error.message().find("ensor"), std::string::npos) << error.message();
      return;
    }
    check_finite(*model, train);
    check_finite(*GetParam().algorithm.load(spec, model->state()), train);
  }

 private:
  static void check_finite(const Model& model, const Ratings& train) {
    ASSERT_EQ(model.n_items(), train.n_items);
    std::vector<float> stars(train.size());
    model.predict(train.users, train.items, stars);
    for (const float x : stars) ASSERT_TRUE(std::isfinite(x));
    std::vector<UserQuery> queries{{.user = kNoUser}};
    for (std::int32_t user = 0; user < train.n_users; ++user) queries.push_back({UserIdx{user}});
    const std::vector<ItemIdx> items{train.items[0]};
    const std::vector<float> given{train.stars[0]};
    if (model.supports().history) queries.push_back({.user = kNoUser, .history = History{items, given}});
    std::vector<float> scores(queries.size() * static_cast<std::size_t>(train.n_items));
    model.score(queries, scores);
    for (const float x : scores) ASSERT_TRUE(std::isfinite(x));
    if (!model.knows_similarities()) return;
    std::vector<float> alike(static_cast<std::size_t>(train.n_items));
    model.item_similarities(ItemIdx{0}, alike);
    for (const float x : alike) ASSERT_TRUE(std::isfinite(x));
  }
};

void add(Ratings& ratings, std::int32_t user, std::int32_t item, float stars) {
  ratings.users.push_back(UserIdx{user});
  ratings.items.push_back(ItemIdx{item});
  ratings.stars.push_back(stars);
  ratings.n_users = std::max(ratings.n_users, user + 1);
  ratings.n_items = std::max(ratings.n_items, item + 1);
}

TEST_P(LittleData, OnePairManyTimes) {
  Ratings ratings;
  for (int k = 0; k < 50; ++k) add(ratings, 0, 0, k % 2 == 0 ? 4.F : 5.F);
  fit_and_ask(ratings, {4, 5});
}

TEST_P(LittleData, ThreeRatings) {
  Ratings ratings;
  add(ratings, 0, 0, 5);
  add(ratings, 0, 1, 1);
  add(ratings, 1, 0, 4);
  fit_and_ask(ratings, {1, 5});
}

TEST_P(LittleData, AllStarsEqual) {
  for (const float stars : {0.F, 5.F}) {
    Ratings ratings;
    for (std::int32_t user = 0; user < 12; ++user)
      for (std::int32_t item = 0; item < 10; ++item)
        if ((user + item) % 3 != 0) add(ratings, user, item, stars);
    fit_and_ask(ratings, {stars, stars});
  }
}

TEST_P(LittleData, OneUser) {
  Ratings ratings;
  for (std::int32_t item = 0; item < 20; ++item) add(ratings, 0, item, static_cast<float>(1 + item % 5));
  fit_and_ask(ratings, {1, 5});
}

TEST_P(LittleData, OneItem) {
  Ratings ratings;
  for (std::int32_t user = 0; user < 20; ++user) add(ratings, user, 0, static_cast<float>(1 + user % 5));
  fit_and_ask(ratings, {1, 5});
}

INSTANTIATE_TEST_SUITE_P(Table, LittleData, testing::ValuesIn(test::table_rows()), test::row_name);

}  // namespace
}  // namespace movrec
