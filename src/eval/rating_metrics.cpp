#include "movrec/eval/rating_metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "movrec/core/error.hpp"
#include "movrec/core/table.hpp"
#include "movrec/model/stars/closed_form.hpp"

namespace movrec {
namespace {

using Rows = std::span<const PredictedRow>;

template <class Cost>
double mean(Rows rows, const Cost& cost) {
  double sum = 0;
  for (const PredictedRow& row : rows)
    sum += cost(static_cast<double>(row.predicted) - static_cast<double>(row.stars));
  return sum / static_cast<double>(rows.size());
}
double mse(Rows rows) {
  return mean(rows, [](double error) { return error * error; });
}
double rmse(Rows rows) {
  return std::sqrt(mse(rows));
}
double mae(Rows rows) {
  return mean(rows, [](double error) { return std::abs(error); });
}

/// How many of the numbers put in are below one: a binary indexed tree over ranks.
class RankCounts {
 public:
  explicit RankCounts(std::size_t n) : sums_(n + 1) {}
  void put(std::size_t rank) {
    for (std::size_t i = rank + 1; i < sums_.size(); i += i & (~i + 1)) ++sums_[i];
  }
  std::int64_t below(std::size_t rank) const {
    std::int64_t n = 0;
    for (std::size_t i = rank; i > 0; i -= i & (~i + 1)) n += sums_[i];
    return n;
  }

 private:
  std::vector<std::int64_t> sums_;
};

/// Fraction of concordant pairs (Koren & Sill, "OrdRec", RecSys 2011): of all pairs that one user gave
/// different stars, and that are predicted to differ, those in the right order. O(n log n).
double fcp(Rows all) {
  if (std::ranges::any_of(all, [](const PredictedRow& row) { return std::isnan(row.predicted); }))
    return std::numeric_limits<double>::quiet_NaN();
  std::vector<PredictedRow> rows(all.begin(), all.end());
  std::ranges::sort(rows, {}, [](const PredictedRow& row) { return std::pair(row.user, row.stars); });
  std::int64_t concordant = 0, discordant = 0;
  std::vector<float> predicted;
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    predicted.clear();
    for (; end < rows.size() && rows[end].user == rows[begin].user; ++end)
      predicted.push_back(rows[end].predicted);
    std::ranges::sort(predicted);
    const auto place = [&](auto bound) { return static_cast<std::size_t>(bound - predicted.begin()); };
    RankCounts lower(predicted.size());  // of the rows with fewer stars
    for (std::size_t first = begin, last = begin; first < end; first = last) {
      for (; last < end && rows[last].stars == rows[first].stars; ++last) {
        concordant += lower.below(place(std::ranges::lower_bound(predicted, rows[last].predicted)));
        discordant += static_cast<std::int64_t>(first - begin) -
                      lower.below(place(std::ranges::upper_bound(predicted, rows[last].predicted)));
      }
      for (std::size_t k = first; k < last; ++k)
        lower.put(place(std::ranges::lower_bound(predicted, rows[k].predicted)));
    }
  }
  return static_cast<double>(concordant) / static_cast<double>(concordant + discordant);
}

constexpr std::array kMetrics{
    RatingMetric{"rmse", "RMSE", true, rmse},
    RatingMetric{"mae", "MAE", true, mae},
    RatingMetric{"mse", "MSE", true, mse},
    RatingMetric{"rmse_unclipped", "RMSE unclipped", false, rmse},
    RatingMetric{"mae_unclipped", "", false, mae},
    RatingMetric{"mse_unclipped", "", false, mse},
    RatingMetric{"fcp", "FCP", false, fcp},
};

std::vector<PredictedRow> clipped(std::vector<PredictedRow> rows, StarScale scale) {
  for (PredictedRow& row : rows) row.predicted = scale.clip(row.predicted);
  return rows;
}

RatingScores scores_of(const std::vector<PredictedRow>& rows, StarScale scale) {
  RatingScores scores{.rows = std::ssize(rows)};
  if (rows.empty()) return scores;
  const std::vector<PredictedRow> within = clipped(rows, scale);
  for (const RatingMetric& metric : kMetrics)
    scores.values.push_back(metric.value(metric.is_clipped ? within : rows));
  return scores;
}

/// The RMSE alone, row by row: what validation asks for after each epoch.
class SquareSum {
 public:
  explicit SquareSum(StarScale scale) : scale_(scale) {}
  void add(float stars, float predicted) {
    const double error = static_cast<double>(scale_.clip(predicted)) - static_cast<double>(stars);
    sum_ += error * error;
    ++rows_;
  }
  double root_of_mean() const { return rows_ > 0 ? std::sqrt(sum_ / static_cast<double>(rows_)) : 0; }

 private:
  StarScale scale_;
  double sum_ = 0;
  std::int64_t rows_ = 0;
};

}  // namespace

std::span<const RatingMetric> rating_metrics() {
  return kMetrics;
}

double RatingScores::value(std::string_view metric) const {
  const auto at = static_cast<std::size_t>(&find_row(kMetrics, "metric", metric) - kMetrics.data());
  return rows > 0 ? values[at] : 0;
}

RatingReport evaluate_ratings(const Model& model,
                              const HeldOut& part,
                              const Ratings& train,
                              StarScale scale) {
  const Ratings& rows = part.rows;
  const std::vector<std::int32_t> user_counts = ratings_per_user(train),
                                  item_counts = ratings_per_item(train);
  std::vector<PredictedRow> all, warm, cold_user, cold_item, shown;
  for_each_prediction(model, part, [&](std::size_t row, float predicted) {
    const bool knows_user = user_counts[index(rows.users[row])] > 0;
    const bool knows_item = item_counts[index(rows.items[row])] > 0;
    const PredictedRow asked{rows.users[row], rows.stars[row], predicted};
    all.push_back(asked);
    if (knows_user && knows_item) warm.push_back(asked);
    if (!knows_user) cold_user.push_back(asked);
    if (!knows_item) cold_item.push_back(asked);
  });
  for_each_shown(model, part, [&](std::size_t row, float predicted) {
    shown.push_back({rows.users[row], rows.stars[row], predicted});
  });
  return {scores_of(all, scale), scores_of(warm, scale), scores_of(cold_user, scale),
          scores_of(cold_item, scale), scores_of(shown, scale)};
}

double evaluate_rmse(const Model& model, const HeldOut& part, StarScale scale) {
  SquareSum squares(scale);
  for_each_prediction(
      model, part, [&](std::size_t row, float predicted) { squares.add(part.rows.stars[row], predicted); });
  return squares.root_of_mean();
}

double evaluate_pair_rmse(const Predictor& predictor, const Ratings& rows, StarScale scale) {
  SquareSum squares(scale);
  predict_rows(predictor, rows,
               [&](std::size_t row, float predicted) { squares.add(rows.stars[row], predicted); });
  return squares.root_of_mean();
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
