#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "movrec/core/error.hpp"
#include "movrec/core/random.hpp"
#include "movrec/eval/gate.hpp"
#include "movrec/eval/rating_metrics.hpp"
#include "movrec/model/stars/closed_form.hpp"
#include "support/error_of.hpp"

using namespace movrec;
using testing::HasSubstr;

namespace {

Ratings table(
    std::vector<int> users, std::vector<int> items, std::vector<float> stars, int n_users, int n_items) {
  Ratings ratings{.users = {},
                  .items = {},
                  .stars = std::move(stars),
                  .times = {},
                  .n_users = n_users,
                  .n_items = n_items};
  for (int user : users) ratings.users.push_back(UserIdx{user});
  for (int item : items) ratings.items.push_back(ItemIdx{item});
  return ratings;
}

constexpr StarScale kStars{1, 5};

TEST(RatingMetrics, EqualHandComputedValuesClippedAndUnclipped) {
  // Predictions: 6 (clipped 5), 4, 0 (clipped 1) against 5, 2, 2.
  const auto model = make_bias_model({.mean = 4, .user = {2, 0, -4}, .item = {0}});
  const Ratings rows = table({0, 1, 2}, {0, 0, 0}, {5, 2, 2}, 3, 1);
  const RatingScores scores = evaluate_ratings(*model, rows, rows, kStars).all;
  EXPECT_EQ(scores.rows, 3);
  EXPECT_DOUBLE_EQ(scores.value("mse"), (0 + 4 + 1) / 3.0);
  EXPECT_DOUBLE_EQ(scores.rmse(), std::sqrt(5 / 3.0));
  EXPECT_DOUBLE_EQ(scores.mae(), 1.0);
  EXPECT_DOUBLE_EQ(scores.value("mse_unclipped"), (1 + 4 + 4) / 3.0);
  EXPECT_DOUBLE_EQ(scores.value("rmse_unclipped"), std::sqrt(3.0));
  EXPECT_DOUBLE_EQ(scores.value("mae_unclipped"), 5 / 3.0);
  EXPECT_DOUBLE_EQ(evaluate_rmse(*model, rows, kStars), scores.rmse());
}

double fcp_of(std::span<const PredictedRow> rows) {
  return std::ranges::find(rating_metrics(), "fcp", &RatingMetric::name)->value(rows);
}

TEST(RatingMetrics, ConcordantPairsAreThoseOfOneUserInTheRightOrder) {
  const UserIdx a{0}, b{1};
  // User a: 5 > 3 and 5 > 1 are predicted so, 3 > 1 is not. User b: a tie of stars and one of predictions.
  const std::vector<PredictedRow> rows{{a, 3, 2}, {b, 4, 3},    {a, 5, 4.5F},
                                       {b, 4, 1}, {a, 1, 2.5F}, {b, 2, 3}};
  EXPECT_DOUBLE_EQ(fcp_of(rows), 2.0 / 4);  // and b's 4 > 2 is predicted as 1 < 3
  EXPECT_TRUE(std::isnan(fcp_of(std::vector<PredictedRow>{{a, 3, 3}, {a, 4, 3}, {b, 5, 1}})));
}

TEST(RatingMetrics, ConcordantPairsAreCountedAsOneByOne) {
  std::vector<PredictedRow> rows;
  RandomStream random(5, 0);
  for (int k = 0; k < 400; ++k)
    rows.push_back({UserIdx{static_cast<std::int32_t>(random.below(7))},
                    static_cast<float>(1 + random.below(5)), static_cast<float>(random.below(30)) / 6});
  std::int64_t concordant = 0, discordant = 0;
  for (const PredictedRow& x : rows)
    for (const PredictedRow& y : rows) {
      if (x.user != y.user || !(x.stars > y.stars)) continue;
      concordant += x.predicted > y.predicted ? 1 : 0;
      discordant += x.predicted < y.predicted ? 1 : 0;
    }
  EXPECT_DOUBLE_EQ(fcp_of(rows),
                   static_cast<double>(concordant) / static_cast<double>(concordant + discordant));
}

TEST(RatingMetrics, WarmAndColdRowsAreToldApartByTheTrainingRows) {
  const auto model = make_bias_model({.mean = 3, .user = {0, 0, 0}, .item = {0, 0, 0}});
  const Ratings train = table({0, 1}, {0, 1}, {3, 3}, 3, 3);
  // Warm with error 1, cold user with 2, cold item with 1, both cold with 2.
  const Ratings rows = table({0, 2, 1, 2}, {1, 0, 2, 2}, {4, 5, 2, 1}, 3, 3);
  const RatingReport report = evaluate_ratings(*model, rows, train, kStars);
  EXPECT_EQ(report.all.rows, 4);
  EXPECT_EQ(report.warm.rows, 1);
  EXPECT_EQ(report.cold_user.rows, 2);
  EXPECT_EQ(report.cold_item.rows, 2);
  EXPECT_DOUBLE_EQ(report.warm.rmse(), 1);
  EXPECT_DOUBLE_EQ(report.cold_user.rmse(), 2);
  EXPECT_DOUBLE_EQ(report.cold_item.value("mse"), 2.5);
  EXPECT_DOUBLE_EQ(report.all.value("mse"), 2.5);
}

TEST(RatingMetrics, NoRowsHaveNoErrors) {
  const auto model = make_bias_model({.mean = 3, .user = {0}, .item = {0}});
  const RatingScores scores =
      evaluate_ratings(*model, table({}, {}, {}, 1, 1), table({0}, {0}, {3}, 1, 1), kStars).all;
  EXPECT_EQ(scores.rows, 0);
  EXPECT_EQ(scores.rmse(), 0);
}

TEST(RatingMetrics, ManyBlocksOfRowsEqualOneSum) {
  const auto model =
      make_bias_model({.mean = 3, .user = {0.25F, -0.25F, 0.5F}, .item = {0.5F, 0, -1, 0.125F}});
  constexpr int n = 200'003;
  std::vector<int> users(n), items(n);
  std::vector<float> stars(n);
  double squares = 0;
  const std::vector<double> user_stars{0.25, -0.25, 0.5}, item_stars{0.5, 0, -1, 0.125};
  for (int k = 0; k < n; ++k) {
    const auto row = static_cast<std::size_t>(k);
    users[row] = k % 3, items[row] = (k / 7) % 4, stars[row] = static_cast<float>(1 + k % 5);
    const double error = 3 + user_stars[row % 3] + item_stars[(row / 7) % 4] - (1 + k % 5);
    squares += error * error;
  }
  EXPECT_DOUBLE_EQ(evaluate_rmse(*model, table(users, items, stars, 3, 4), kStars), std::sqrt(squares / n));
}

TEST(RatingMetrics, ADivergedModelHasNoFiniteError) {
  const auto model =
      make_bias_model({.mean = std::numeric_limits<double>::quiet_NaN(), .user = {0}, .item = {0}});
  EXPECT_TRUE(std::isnan(evaluate_rmse(*model, table({0}, {0}, {3}, 1, 1), kStars)));
}

TEST(RatingMetrics, ReferencesAreFittedOnTheTrainingRows) {
  const Ratings train = table({0, 0, 1}, {0, 1, 0}, {5, 3, 4}, 2, 2);
  const Ratings rows = table({1}, {1}, {2}, 2, 2);
  const RatingReferences references = evaluate_references(rows, train, kStars);
  EXPECT_DOUBLE_EQ(references.constant.all.mae(), 2);
  // Item 1: -1 / 11. User 1: (0 - item 0) / 6 with item 0 = (1 + 0) / 12.
  EXPECT_NEAR(references.bias.all.mae(), 4 - 1.0 / 11 - 1.0 / 72 - 2, 1e-6);
  EXPECT_EQ(references.bias.warm.rows, 1);
}

std::string error_of(std::string_view gate) {
  return test::text_of([&] { parse_gate(gate); }, ErrorKind::usage);
}

TEST(Gate, ComparesTheMetricThatItNames) {
  RatingScores scores{.rows = 1};
  const std::map<std::string_view, double> values{
      {"rmse", 0.9}, {"mae", 0.7}, {"mse", 0.81}, {"rmse_unclipped", 1.2}};
  for (const RatingMetric& metric : rating_metrics())
    scores.values.push_back(values.contains(metric.name) ? values.at(metric.name) : 0);
  RankingScores ranking;
  ranking.names = {"map@5", "hr@10"}, ranking.values = {0.25, 0.5};
  const auto holds = [&](const char* text) {
    const Gate gate = parse_gate(text);
    return fails(gate, value_of(gate, &scores, &ranking));
  };
  EXPECT_TRUE(holds("rmse>0.86"));
  EXPECT_FALSE(holds("rmse>0.9"));
  EXPECT_TRUE(holds(" rmse >= 0.9 "));
  EXPECT_TRUE(holds("mae<0.71"));
  EXPECT_FALSE(holds("mae<=0.69"));
  EXPECT_TRUE(holds("mse>8e-1"));
  EXPECT_TRUE(holds("rmse_unclipped>1"));
  EXPECT_TRUE(holds("map@5<0.26"));
  EXPECT_FALSE(holds("hr@10<0.5"));
  EXPECT_THROW(holds("map@6<0.5"), Error);
  const Gate rmse = parse_gate("rmse>1"), map = parse_gate("map@5<1");
  EXPECT_THROW(value_of(rmse, nullptr, &ranking), Error);
  EXPECT_THROW(value_of(map, &scores, nullptr), Error);
}

TEST(Gate, ANaNFailsEveryGate) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(fails(parse_gate("rmse>5"), nan));
  EXPECT_TRUE(fails(parse_gate("rmse<0"), nan));
}

TEST(Gate, RefusesWhatItCannotRead) {
  EXPECT_THAT(error_of("rmes>0.8"), HasSubstr("unknown metric 'rmes'"));
  EXPECT_THAT(error_of("rmes>0.8"),
              HasSubstr("rmse, mae, mse, rmse_unclipped, mae_unclipped, mse_unclipped, "));
  EXPECT_THAT(error_of("rmes>0.8"), HasSubstr(", map@K, "));
  EXPECT_THAT(error_of("map>0.8"), HasSubstr("unknown metric 'map'"));
  EXPECT_THAT(error_of("map@>0.8"), HasSubstr("unknown metric"));
  EXPECT_THAT(error_of("map@0>0.8"), HasSubstr("unknown metric"));
  EXPECT_THAT(error_of("map@5x>0.8"), HasSubstr("unknown metric"));
  EXPECT_THAT(error_of("rmse"), HasSubstr("‹fail-if›: cannot read 'rmse'"));
  EXPECT_THAT(error_of("rmse>"), HasSubstr("cannot read"));
  EXPECT_THAT(error_of("rmse>0.8x"), HasSubstr("cannot read"));
  EXPECT_THAT(error_of("rmse>nan"), HasSubstr("cannot read"));
  EXPECT_THAT(error_of("rmse=0.8"), HasSubstr("cannot read"));
}

}  // namespace
