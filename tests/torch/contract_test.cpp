// What every row of the algorithm table must do.
#include <gtest/gtest.h>

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "movrec/checkpoint/checkpoint.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/model/table/algorithm.hpp"
#include "movrec/train/common/options.hpp"
#include "support/options.hpp"

using namespace movrec;

namespace {

constexpr std::int32_t kSide = 30;

/// 30 x 30: stars 5 where user + item is even, else 1. The diagonal is withheld: its right answer is 5. The
/// last user and the last item have no ratings.
Ratings checkerboard() {
  Ratings ratings;
  ratings.n_users = ratings.n_items = kSide + 1;
  for (int repeat = 0; repeat < 2; ++repeat)
    for (std::int32_t user = 0; user < kSide; ++user)
      for (std::int32_t item = 0; item < kSide; ++item) {
        if (user == item) continue;
        ratings.users.push_back(UserIdx{user});
        ratings.items.push_back(ItemIdx{item});
        ratings.stars.push_back((user + item) % 2 == 0 ? 5.F : 1.F);
      }
  return ratings;
}

/// A row of the table, and the solver that fits it (empty: the only one).
struct FittedBy {
  Algorithm algorithm;
  std::string solver;
};

class EveryAlgorithm : public testing::TestWithParam<FittedBy> {
 protected:
  EveryAlgorithm() : train_(checkerboard()) {
    spec_ = {std::string(row().name),
             default_options(row(), GetParam().solver),
             train_.n_users,
             train_.n_items,
             {1, 5}};
    set({{"embedding-dim", "8"},
         {"layers", "16,16,8"},
         {"init-std", "0.3"},
         {"epochs", "24"},
         {"batch-size", "64"},
         {"lr", "0.02"},
         {"embedding-l2", "0"},
         {"sweeps", "100"}});
  }

  const Algorithm& row() const { return GetParam().algorithm; }
  bool uses(std::string_view option) const { return spec_.options.has(option); }
  /// Those that it uses.
  void set(std::initializer_list<std::pair<std::string_view, std::string_view>> options) {
    test::set_known(spec_.options, options);
  }
  std::unique_ptr<Model> fit() { return row().fit({.spec = spec_, .train = train_}); }

  std::vector<float> scores(const Model& model) const {
    std::vector<UserQuery> users;
    for (std::int32_t user = 0; user <= kSide; ++user) users.push_back({UserIdx{user}});
    users.push_back({kNoUser});
    std::vector<float> out(users.size() * static_cast<std::size_t>(train_.n_items));
    model.score(users, out);
    return out;
  }
  std::vector<float> predictions(const Model& model) const {
    std::vector<UserIdx> users;
    std::vector<ItemIdx> items;
    for (std::int32_t user = 0; user <= kSide + 1; ++user)
      for (std::int32_t item = 0; item <= kSide; ++item) {
        users.push_back(user > kSide ? kNoUser : UserIdx{user});
        items.push_back(ItemIdx{item});
      }
    std::vector<float> out(users.size());
    model.predict(users, items, out);
    return out;
  }

  Ratings train_;
  ModelSpec spec_;
};

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

struct EpochLog {
  std::vector<EpochStats> stats;
  StateDict model, trainer;
};

TEST_P(EveryAlgorithm, ResumingEqualsAStraightRunToTheBit) {
  if (!row().has_epochs()) GTEST_SKIP() << "is solved, not trained";
  set({{"dropout", "0.2"}, {"schedule", "plateau"}, {"lr-patience", "0"}, {"epochs", "6"}, {"sweeps", "6"}});
  for (const char* optimizer : {"adam", "rmsprop"}) {
    set({{"optimizer", optimizer}});
    const auto fit_with = [&](int last_epoch, const EpochLog* from) {
      EpochLog log;
      FitContext context{.spec = spec_, .train = train_};
      if (from != nullptr) context.resume.emplace(FitState{from->model, from->trainer});
      context.last_epoch = last_epoch;
      context.validate = [](const Model&) { return 1.0; };  // flat: the rate drops every other epoch
      context.on_epoch = [&](const EpochReport& report) {
        log.stats.push_back(report.stats);
        log.model = report.model.state();
        log.trainer = report.trainer_state();
        return false;
      };
      row().fit(context);
      return log;
    };
    const EpochLog straight = fit_with(6, nullptr), half = fit_with(3, nullptr), resumed = fit_with(6, &half);
    ASSERT_EQ(resumed.stats.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(resumed.stats[i].train_loss, straight.stats[i + 3].train_loss);
      EXPECT_EQ(resumed.stats[i].lr, straight.stats[i + 3].lr);
    }
    for (const auto& [name, array] : straight.model.arrays())
      EXPECT_EQ(array.bytes, resumed.model.get(name).bytes) << name;
  }
}

TEST_P(EveryAlgorithm, ARefitReplaysWhatValidationSaidOfTheFirstFit) {
  if (!row().has_epochs()) GTEST_SKIP() << "is solved, not trained";
  set({{"epochs", "3"}, {"sweeps", "3"}, {"burn-in", "1"}});
  std::vector<double> seen;
  FitContext context{.spec = spec_, .train = train_};
  context.replayed = {0.75, 0.5, 0.25};
  context.on_epoch = [&](const EpochReport& report) {
    EXPECT_EQ(report.stats.epoch, std::ssize(seen) + 1);
    EXPECT_EQ(report.stats.epochs, 3);
    seen.push_back(report.stats.valid);
    return false;
  };
  row().fit(context);
  EXPECT_EQ(seen, context.replayed);
}

TEST_P(EveryAlgorithm, EndsWhereItIsToldTo) {
  if (!row().has_epochs()) GTEST_SKIP() << "is solved, not trained";
  int epochs = 0, validations = 0, starts = 0;
  FitContext context{.spec = spec_, .train = train_};
  context.on_start = [&](const Model&) { ++starts; };
  context.validate = [&](const Model&) { return ++validations; };
  context.on_epoch = [&](const EpochReport&) { return ++epochs == 2; };
  row().fit(context);
  EXPECT_EQ(starts, 1);
  EXPECT_EQ(epochs, 2);
  EXPECT_EQ(validations, row().averages_sweeps ? 0 : 2)
      << "a sampler's draws are validated as they come, or last";
}

TEST_P(EveryAlgorithm, GoesOnInTheMiddleOfAnEpochAfterASignal) {
  if (!row().has_epochs()) GTEST_SKIP() << "is solved, not trained";
  set({{"epochs", "3"}});
  const auto straight = fit();
  StateDict model_state, trainer_state;
  FitContext context{.spec = spec_, .train = train_};
  context.on_start = [](const Model&) { process_stop().reset(2); };  // before the first step
  context.on_epoch = [&](const EpochReport& report) {
    EXPECT_TRUE(report.stats.interrupted);
    model_state = report.model.state();
    trainer_state = report.trainer_state();
    return false;
  };
  row().fit(context);
  process_stop().reset(0);
  FitContext again{.spec = spec_, .train = train_};
  again.resume.emplace(FitState{model_state, trainer_state});
  EXPECT_EQ(scores(*straight), scores(*row().fit(again)));
}

TEST_P(EveryAlgorithm, DenseEmbeddingUpdatesLearnToo) {
  if (!uses("embedding-update")) GTEST_SKIP() << "has no such updates";
  set({{"embedding-update", "dense"}, {"clip-norm", "5"}});
  const std::vector<float> stars = predictions(*fit());
  double squares = 0;
  for (std::int32_t user = 0; user < kSide; ++user)
    squares += std::pow(stars[static_cast<std::size_t>(user * (kSide + 1) + user)] - 5, 2);
  EXPECT_LT(squares / kSide, 1);
}

TEST_P(EveryAlgorithm, DivergenceIsOneClearError) {
  if (!uses("lr")) GTEST_SKIP() << "has no learning rate that could be too large";
  set({{"optimizer", "sgd"}, {"output", "raw"}});
  spec_.options.get<ScheduleOptions>().lr = 1e30;
  try {
    fit();
    FAIL() << "it did not diverge";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    EXPECT_NE(error.message().find("training diverged in epoch "), std::string::npos) << error.message();
  }
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
