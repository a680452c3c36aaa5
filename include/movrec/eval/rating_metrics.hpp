#pragma once

#include <cstdint>

#include "movrec/data/ratings.hpp"
#include "movrec/model/model.hpp"

namespace movrec {

/// Errors of predicted stars over some rows; all 0 where rows is 0. Sums are taken in double, in row order.
struct RatingScores {
  std::int64_t rows = 0;
  double rmse = 0, mse = 0, mae = 0;  ///< predictions clipped into the star scale
  double rmse_unclipped = 0, mse_unclipped = 0, mae_unclipped = 0;
};

/// A row is warm if training rows hold both its user and its item; cold_user and cold_item overlap where
/// neither is.
struct RatingReport {
  RatingScores all, warm, cold_user, cold_item;
};

/// `train` says who is warm: the rows that the model was fitted on.
RatingReport evaluate_ratings(const Model&, const Ratings& rows, const Ratings& train, StarScale);

/// RMSE over all rows, clipped: what validation looks at after each epoch.
double evaluate_rmse(const Model&, const Ratings& rows, StarScale);

/// What any model must beat, fitted on the same training rows.
struct RatingReferences {
  RatingReport constant;  ///< the mean of the training stars for every row
  RatingReport bias;      ///< fit_biases with default damping
};
RatingReferences evaluate_references(const Ratings& rows, const Ratings& train, StarScale);

}  // namespace movrec
