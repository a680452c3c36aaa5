#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "movrec/data/ratings.hpp"
#include "movrec/eval/held_out.hpp"
#include "movrec/model/common/model.hpp"

namespace movrec {

/// A rating and what a model says of it.
struct PredictedRow {
  UserIdx user;
  float stars, predicted;
};

/// One figure of predicted stars.
struct RatingMetric {
  std::string_view name;
  std::string_view heading;  ///< in tables for people; empty: in none
  bool is_clipped;           ///< whether predictions are clipped into the star scale first
  /// Of at least one row; a NaN where these rows have none. Sums are taken in double, in row order.
  double (*value)(std::span<const PredictedRow>);
};
std::span<const RatingMetric> rating_metrics();

/// Every metric over the rows that are asked for (for_each_prediction); all 0 where rows is 0.
struct RatingScores {
  std::int64_t rows = 0;
  std::vector<double> values{};  ///< beside rating_metrics(); empty where rows is 0

  /// Error{usage} that lists the known names.
  double value(std::string_view metric) const;
  double rmse() const { return value("rmse"); }
  double mae() const { return value("mae"); }
};

/// A row is warm if training rows hold both its user and its item; cold_user and cold_item overlap where
/// neither is. `shown` are the rows that queries show (for_each_shown), given back: no part of `all`.
struct RatingReport {
  RatingScores all, warm, cold_user, cold_item, shown{};
};

/// `train` says who is warm: the rows that the model was fitted on.
RatingReport evaluate_ratings(const Model&, const HeldOut&, const Ratings& train, StarScale);

/// RMSE over all rows, clipped: what validation looks at after each epoch.
double evaluate_rmse(const Model&, const HeldOut&, StarScale);
/// The same over all rows, whoever predicts them.
double evaluate_pair_rmse(const Predictor&, const Ratings& rows, StarScale);

/// How often ratings lie within their central interval: prediction ± z predictive deviations.
struct IntervalCoverage {
  double nominal = 0;   ///< what a normal distribution has there: 0.5, 0.8, 0.95
  double observed = 0;  ///< share of the rows
  double mean_half_width = 0;
};
/// For 50, 80 and 95 %. Error{model} if the model knows no deviations.
std::vector<IntervalCoverage> evaluate_coverage(const Model&, const Ratings& rows);

/// What any model must beat, fitted on the same training rows.
struct RatingReferences {
  RatingReport constant;  ///< the mean of the training stars for every row
  RatingReport bias;      ///< fit_biases with default damping; user biases of what queries show
};
RatingReferences evaluate_references(const HeldOut&, const Ratings& train, StarScale);

}  // namespace movrec
