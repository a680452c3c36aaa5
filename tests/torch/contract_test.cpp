// What every row of the algorithm table must answer; contract_training_test.cpp holds how it is trained.
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "torch/every_algorithm.hpp"

using namespace movrec;
using namespace movrec::test;

namespace {

TEST_P(EveryAlgorithm, ScoresAreFiniteAndEqualPredictionsWhereTheyAreStars) {
  const auto model = fit();
  const std::vector<float> all = scores(*model), pairs = predictions(*model);
  ASSERT_EQ(all.size(), pairs.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_TRUE(std::isfinite(all[i]) && std::isfinite(pairs[i]));
    if (model->scores_are_stars()) {
      ASSERT_NEAR(all[i], pairs[i], 1e-4);
    }
  }
}

TEST_P(EveryAlgorithm, UnknownUsersAndItemsGetSaneStars) {
  const auto model = fit();
  const std::vector<float> stars = predictions(*model);
  for (std::int32_t user = 0; user <= kSide + 1; ++user)
    for (std::int32_t item = 0; item <= kSide; ++item)
      if (user >= kSide || item == kSide) {
        EXPECT_NEAR(stars[static_cast<std::size_t>(user * (kSide + 1) + item)], 3, 0.5)
            << user << ' ' << item;
      }
}

TEST_P(EveryAlgorithm, IsTheSameToTheBitAtAnyNumberOfThreads) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const auto first = fit();
  const std::vector<float> expected = scores(*first), pairs = predictions(*first);
  for (const int threads : {2, 3, 5}) {
    at::set_num_threads(threads);
    const auto again = fit();
    for (const Model* model : {first.get(), again.get()}) {  // answers alone, and training too
      const std::vector<float> found = scores(*model);
      if (row().same_bits_at_any_threads) {
        EXPECT_EQ(found, expected) << threads;
        EXPECT_EQ(predictions(*model), pairs) << threads;
        continue;
      }
      for (std::size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-4) << threads;
    }
  }
  at::set_num_threads(before);
}

TEST_P(EveryAlgorithm, WhatItCannotDoIsAnError) {
  const auto model = fit();
  EXPECT_EQ(model->n_items(), train_.n_items);
  std::vector<float> out(static_cast<std::size_t>(train_.n_items));
  const UserIdx user[] = {UserIdx{0}};
  const ItemIdx item[] = {ItemIdx{1}};
  if (model->knows_similarities())
    EXPECT_NO_THROW(model->item_similarities(item[0], out));
  else
    EXPECT_THROW(model->item_similarities(item[0], out), Error);
  if (model->knows_deviations())
    EXPECT_NO_THROW(model->predict_deviations(user, item, {}, std::span(out).first(1)));
  else
    EXPECT_THROW(model->predict_deviations(user, item, {}, std::span(out).first(1)), Error);
}

TEST_P(EveryAlgorithm, IsWhatItsRowSays) {
  UserFeatures users;
  for (std::int32_t user = 0; user < train_.n_users; ++user) {
    users.ages.push_back(static_cast<std::int16_t>(20 + user % 3));
    users.genders.push_back(user % 2 == 0 ? 'F' : 'M');
    users.occupations.push_back(static_cast<std::int16_t>(user % 4));
    users.zips.emplace_back("12345");
  }
  const Catalog catalog;
  const SideInfo side{catalog, users};
  const auto model = row().fit({.spec = spec_, .train = train_, .side = &side});
  EXPECT_EQ(model->scores_are_stars(), row().predicts_stars());
  EXPECT_EQ(model->supports().history, row().supports.history);
  EXPECT_EQ(model->supports().demographics, row().supports.demographics);
  if (row().name != "ease" && row().name != "ials") {  // by --stars-weight, --confidence
    EXPECT_EQ(model->supports().stars, row().supports.stars);
  }
}

/// How far a history of a user's own training ratings may be answered from his trained answers: the root mean
/// square, in stars. What is solved in closed form repeats the training; what descended with dropout, by
/// sampled steps or not to the end lies near it. bpr's scores are no stars: they rank alike, and that is all.
double fold_in_tolerance(const FittedBy& by) {
  const std::string_view name = by.algorithm.name;
  if (name == "bpr") return 1e9;
  if (!by.algorithm.has_epochs() || name == "ials") return 1e-4;
  return 0.3;
}

/// The checkerboard, each pair once, without the other half of some, and its users' histories.
struct HistoryCase {
  HistoryCase() {
    train.n_users = train.n_items = kSide + 1;
    std::vector<std::size_t> begin{0};
    for (std::int32_t user = 0; user < kSide; ++user) {
      for (std::int32_t item = 0; item < kSide; ++item) {
        if (user == item || (user + item) % 4 == 1) continue;
        train.users.push_back(UserIdx{user});
        train.items.push_back(ItemIdx{item});
        train.stars.push_back((user + item) % 2 == 0 ? 5.F : 1.F);
      }
      begin.push_back(train.size());
    }
    for (std::size_t user = 0; user + 1 < begin.size(); ++user) {
      trained.push_back({UserIdx{static_cast<std::int32_t>(user)}});
      strangers.push_back({.user = kNoUser, .history = some(begin[user], begin[user + 1] - begin[user])});
    }
  }
  History some(std::size_t begin, std::size_t n) const {
    return {std::span(train.items).subspan(begin, n), std::span(train.stars).subspan(begin, n)};
  }

  Ratings train;
  std::vector<UserQuery> trained, strangers;
};

std::vector<float> scores_of(const Model& model, std::span<const UserQuery> queries) {
  std::vector<float> out(queries.size() * static_cast<std::size_t>(kSide + 1));
  model.score(queries, out);
  return out;
}

TEST_P(EveryAlgorithm, WhatAQueryHoldsAndTheModelCannotLookAtIsAnError) {
  const HistoryCase about;
  set({{"positive-from", "2"}});
  const auto model = row().fit({.spec = spec_, .train = about.train});
  const auto is_refused = [&](const UserQuery& query) {
    try {
      scores_of(*model, std::span(&query, 1));
      return false;
    } catch (const Error& error) {
      return error.kind() == ErrorKind::model;
    }
  };
  EXPECT_EQ(is_refused(about.strangers[0]), !model->supports().history);
  EXPECT_EQ(is_refused({.user = UserIdx{0}, .demographics = Demographics{30, 'F', 1}}),
            !model->supports().demographics);
}

TEST_P(EveryAlgorithm, AHistoryIsAnsweredAsItsTrainedUser) {
  const HistoryCase about;
  set({{"positive-from", "2"}});
  const auto model = row().fit({.spec = spec_, .train = about.train});
  if (!model->supports().history) GTEST_SKIP() << "looks at no histories";
  const std::vector<float> own = scores_of(*model, about.trained), again = scores_of(*model, about.strangers);
  double own_squares = 0, squares = 0, products = 0, off = 0;
  for (std::size_t k = 0; k < own.size(); ++k) {
    const auto a = static_cast<double>(own[k]), b = static_cast<double>(again[k]);
    off += (a - b) * (a - b);
    own_squares += a * a;
    squares += b * b;
    products += a * b;
  }
  EXPECT_LT(std::sqrt(off / static_cast<double>(own.size())), fold_in_tolerance(GetParam()));
  EXPECT_GT(products, 0.9 * std::sqrt(own_squares * squares));
}

TEST_P(EveryAlgorithm, AHistoryIsAnsweredUnderEveryLoss) {
  if (!uses("loss")) GTEST_SKIP() << "has one";
  const HistoryCase about;
  for (const auto& [loss, output] : {std::pair{"mse", "raw"},
                                     {"mse", "sigmoid"},
                                     {"huber", "raw"},
                                     {"ordinal", "raw"},
                                     {"softmax", "raw"}}) {
    set({{"loss", loss}, {"output", output}});
    const auto model = row().fit({.spec = spec_, .train = about.train});
    // What was told is given back as well as by training, or better where that has not come to its end.
    const auto rmse = [&](const std::vector<float>& scores) {
      double squares = 0;
      for (std::size_t k = 0; k < about.train.size(); ++k) {
        const std::size_t at = index(about.train.users[k]) * (kSide + 1) + index(about.train.items[k]);
        squares += std::pow(static_cast<double>(scores[at]) - static_cast<double>(about.train.stars[k]), 2);
      }
      return std::sqrt(squares / static_cast<double>(about.train.size()));
    };
    EXPECT_LT(rmse(scores_of(*model, about.strangers)), rmse(scores_of(*model, about.trained)) + 0.3)
        << loss << ' ' << output;
  }
}

TEST_P(EveryAlgorithm, AHistoryIsAnsweredAlikeInABatchAloneAndAtAnyThreadCount) {
  const HistoryCase about;
  const auto model = row().fit({.spec = spec_, .train = about.train});
  if (!model->supports().history) GTEST_SKIP() << "looks at no histories";
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  const std::vector<float> all = scores_of(*model, about.strangers);
  const std::vector<float> alone = scores_of(*model, std::span(about.strangers).subspan(4, 1));
  // Whose index it is does not matter.
  std::vector<UserQuery> named(about.strangers.begin(), about.strangers.end());
  for (std::size_t u = 0; u < named.size(); ++u)
    named[u].user = UserIdx{kSide - static_cast<std::int32_t>(u)};
  const std::vector<float> of_named = scores_of(*model, named);
  at::set_num_threads(1);
  const std::vector<float> by_one_thread = scores_of(*model, about.strangers);
  at::set_num_threads(threads);
  EXPECT_EQ(all, by_one_thread);
  EXPECT_EQ(all, of_named);
  for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_EQ(alone[i], all[4 * alone.size() + i]) << i;
}

TEST_P(EveryAlgorithm, ShortHistoriesAreAnsweredSanely) {
  const HistoryCase about;
  const auto model = row().fit({.spec = spec_, .train = about.train});
  if (!model->supports().history) GTEST_SKIP() << "looks at no histories";
  const ItemIdx unknown[] = {ItemIdx{kSide}};
  const float five[] = {5};
  const std::vector<UserQuery> queries{{.user = kNoUser},
                                       {.user = kNoUser, .history = History{}},
                                       {.user = UserIdx{3}, .history = History{}},
                                       {.user = kNoUser, .history = about.some(0, 1)},
                                       {.user = kNoUser, .history = History{unknown, five}}};
  const std::vector<float> scores = scores_of(*model, queries);
  const auto of = [&](std::size_t query) {
    return std::span(scores).subspan(query * (kSide + 1), kSide + 1);
  };
  for (const float score : scores) ASSERT_TRUE(std::isfinite(score));
  for (const std::size_t empty : {1U, 2U}) EXPECT_TRUE(std::ranges::equal(of(0), of(empty))) << empty;
  if (!model->scores_are_stars()) return;
  for (const std::size_t query : {3U, 4U})
    for (const float stars : of(query)) {
      EXPECT_GT(stars, 0) << query;
      EXPECT_LT(stars, 6) << query;
    }
  // Who likes what nobody knows likes everything a little more.
  for (std::size_t i = 0; i <= kSide; ++i) EXPECT_GT(of(4)[i], of(0)[i] - 1e-4F) << i;
}

TEST_P(EveryAlgorithm, ItemsAreLikeThemselvesAndTheirKind) {
  set({{"positive-from", "2"}});
  const auto model = fit();
  if (!model->knows_similarities()) GTEST_SKIP() << "knows no similarities";
  std::vector<float> like(kSide + 1);
  double same = 0, other = 0;
  for (std::int32_t item = 0; item < kSide; ++item) {
    model->item_similarities(ItemIdx{item}, like);
    EXPECT_NEAR(like[static_cast<std::size_t>(item)], 1, 1e-5);
    EXPECT_EQ(like[kSide], 0) << "nobody has rated it";
    for (std::int32_t i = 0; i < kSide; ++i)
      if (i != item)
        ((i + item) % 2 == 0 ? same : other) += static_cast<double>(like[static_cast<std::size_t>(i)]);
  }
  EXPECT_GT(same, other);
  model->item_similarities(ItemIdx{kSide}, like);
  for (const float x : like) EXPECT_EQ(x, 0);
}

TEST_P(EveryAlgorithm, LoadsWhatItSaves) {
  const auto model = fit();
  const auto loaded = row().load(spec_, model->state());
  EXPECT_EQ(scores(*model), scores(*loaded));
  EXPECT_EQ(predictions(*model), predictions(*loaded));
  EXPECT_EQ(model->n_parameters(), loaded->n_parameters());
  EXPECT_THROW(row().load(spec_, {}), Error);
  ModelSpec other = spec_;
  other.n_items += 1;
  EXPECT_THROW(row().load(other, model->state()), Error);
}

TEST_P(EveryAlgorithm, LearnsTheCheckerboard) {
  set({{"positive-from", "2"}, {"activation", "tanh"}, {"passes", "8"}});
  const auto model = fit();
  if (!model->scores_are_stars() &&
      model->supports().history) {  // it ranks what was withheld before the rest
    const std::vector<float> all = scores(*model);
    for (std::int32_t user = 0; user < kSide; ++user)
      for (std::int32_t item = 1 - user % 2; item < kSide; item += 2) {
        const float* row_of = all.data() + user * (kSide + 1);
        EXPECT_GT(row_of[user], row_of[item]) << user << ' ' << item;
      }
    return;
  }
  if (!row().has_epochs() && !uses("neighbours")) GTEST_SKIP() << "has no parameter for a pair";
  const std::vector<float> stars = predictions(*model);
  for (std::int32_t user = 0; user < kSide; ++user)
    EXPECT_NEAR(stars[static_cast<std::size_t>(user * (kSide + 1) + user)], 5, 1) << user;
}

std::vector<FittedBy> all() {
  std::vector<FittedBy> out;
  for (const Algorithm& algorithm : algorithms()) {
    if (algorithm.fit == nullptr) continue;
    if (algorithm.solvers.empty()) out.push_back({algorithm, ""});
    for (const Solver& solver : algorithm.solvers) out.push_back({algorithm, std::string(solver.name)});
  }
  return out;
}
INSTANTIATE_TEST_SUITE_P(Table, EveryAlgorithm, testing::ValuesIn(all()), [](const auto& test) {
  std::string name =
      std::string(test.param.algorithm.name) + (test.param.solver.empty() ? "" : "_") + test.param.solver;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(Algorithms, AnOptionIsTheSameKindOfValueInEveryModel) {
  std::map<std::string_view, OptionRef> seen;
  std::vector<ModelOptions> kept;  // whose fields the map points to
  for (const auto& [algorithm, solver] : all()) kept.push_back(default_options(algorithm, solver));
  for (ModelOptions& options : kept)
    for (const OptionRef& option : options.refs()) {
      const auto& [name, first] = *seen.emplace(option.field.name, option).first;
      EXPECT_EQ(first.target.index(), option.target.index()) << name;
      EXPECT_EQ(first.field.min, option.field.min) << name;
      EXPECT_EQ(first.field.max, option.field.max) << name;
      EXPECT_EQ(first.field.choices, option.field.choices) << name;
    }
  EXPECT_THROW(default_options("mf", "magic"), Error);
  EXPECT_THROW(find_algorithm("nmf"), Error);
}

}  // namespace
