#include "movrec/eval/rating_metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "movrec/core/error.hpp"
#include "movrec/model/stars/closed_form.hpp"

namespace movrec {
namespace {

double squared(double error) {
  return error * error;
}
double absolute(double error) {
  return std::abs(error);
}
double itself(double mean) {
  return mean;
}
double root(double mean) {
  return std::sqrt(mean);
}

constexpr std::array kMetrics{
    RatingMetric{"rmse", "RMSE", &RatingScores::rmse, true, squared, root},
    RatingMetric{"mae", "MAE", &RatingScores::mae, true, absolute, itself},
    RatingMetric{"mse", "MSE", &RatingScores::mse, true, squared, itself},
    RatingMetric{"rmse_unclipped", "RMSE unclipped", &RatingScores::rmse_unclipped, false, squared, root},
    RatingMetric{"mae_unclipped", "", &RatingScores::mae_unclipped, false, absolute, itself},
    RatingMetric{"mse_unclipped", "", &RatingScores::mse_unclipped, false, squared, itself},
};

class ErrorSums {
 public:
  explicit ErrorSums(StarScale scale) : scale_(scale) {}

  void add(float stars, float predicted) {
    const double error = static_cast<double>(scale_.clip(predicted)) - static_cast<double>(stars);
    const double error_unclipped = static_cast<double>(predicted) - static_cast<double>(stars);
    ++rows_;
    for (std::size_t m = 0; m < kMetrics.size(); ++m)
      sums_[m] += kMetrics[m].cost(kMetrics[m].is_clipped ? error : error_unclipped);
  }

  RatingScores scores() const {
    RatingScores scores{.rows = rows_};
    if (rows_ == 0) return scores;
    for (std::size_t m = 0; m < kMetrics.size(); ++m)
      scores.*kMetrics[m].value = kMetrics[m].of_mean(sums_[m] / static_cast<double>(rows_));
    return scores;
  }

 private:
  StarScale scale_;
  std::int64_t rows_ = 0;
  std::array<double, kMetrics.size()> sums_{};
};

}  // namespace

std::span<const RatingMetric> rating_metrics() {
  return kMetrics;
}

RatingReport evaluate_ratings(const Model& model,
                              const HeldOut& part,
                              const Ratings& train,
                              StarScale scale) {
  const Ratings& rows = part.rows;
  const std::vector<std::int32_t> user_counts = ratings_per_user(train),
                                  item_counts = ratings_per_item(train);
  ErrorSums all(scale), warm(scale), cold_user(scale), cold_item(scale), shown(scale);
  for_each_prediction(model, part, [&](std::size_t row, float predicted) {
    const bool knows_user = user_counts[index(rows.users[row])] > 0;
    const bool knows_item = item_counts[index(rows.items[row])] > 0;
    const float stars = rows.stars[row];
    all.add(stars, predicted);
    if (knows_user && knows_item) warm.add(stars, predicted);
    if (!knows_user) cold_user.add(stars, predicted);
    if (!knows_item) cold_item.add(stars, predicted);
  });
  for_each_shown(model, part,
                 [&](std::size_t row, float predicted) { shown.add(rows.stars[row], predicted); });
  return {all.scores(), warm.scores(), cold_user.scores(), cold_item.scores(), shown.scores()};
}

double evaluate_rmse(const Model& model, const HeldOut& part, StarScale scale) {
  ErrorSums sums(scale);
  for_each_prediction(model, part,
                      [&](std::size_t row, float predicted) { sums.add(part.rows.stars[row], predicted); });
  return sums.scores().rmse;
}

double evaluate_pair_rmse(const Predictor& predictor, const Ratings& rows, StarScale scale) {
  ErrorSums sums(scale);
  predict_rows(predictor, rows,
               [&](std::size_t row, float predicted) { sums.add(rows.stars[row], predicted); });
  return sums.scores().rmse;
}

std::vector<IntervalCoverage> evaluate_coverage(const Model& model, const Ratings& rows) {
  constexpr std::pair<double, double> kIntervals[] = {{0.5, 0.67449}, {0.8, 1.28155}, {0.95, 1.95996}};
  std::vector<float> stars(rows.size()), deviations(rows.size());
  model.predict_at(rows.users, rows.items, rows.times, stars);
  model.predict_deviations(rows.users, rows.items, rows.times, deviations);
  const auto n = static_cast<double>(std::max<std::size_t>(rows.size(), 1));
  std::vector<IntervalCoverage> out;
  for (const auto& [nominal, z] : kIntervals) {
    IntervalCoverage coverage{.nominal = nominal};
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const double half_width = z * static_cast<double>(deviations[row]);
      coverage.observed +=
          std::abs(static_cast<double>(stars[row] - rows.stars[row])) <= half_width ? 1 / n : 0;
      coverage.mean_half_width += half_width / n;
    }
    out.push_back(coverage);
  }
  return out;
}

RatingReferences evaluate_references(const HeldOut& part, const Ratings& train, StarScale scale) {
  const BiasOptions damping;
  Biases biases = fit_biases(train, damping);
  Biases constant{.mean = biases.mean,
                  .user = std::vector<float>(biases.user.size()),
                  .item = std::vector<float>(biases.item.size())};
  constexpr double kNoUserBias = std::numeric_limits<double>::infinity();
  return {evaluate_ratings(*make_bias_model(std::move(constant), kNoUserBias), part, train, scale),
          evaluate_ratings(*make_bias_model(std::move(biases), damping.user_damping), part, train, scale)};
}

}  // namespace movrec
