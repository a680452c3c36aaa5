#include "movrec/eval/bootstrap.hpp"

#include <algorithm>
#include <cmath>

#include "movrec/core/random.hpp"

namespace movrec {
namespace {

constexpr double kTail = 0.025;

/// What is drawn as one: a row, or all rows of a cluster. Sums of squared errors of every run, then the
/// number of rows, next to each other.
class Units {
 public:
  Units(std::span<const std::vector<float>> errors, std::span<const std::int32_t> clusters)
      : width_(errors.size() + 1) {
    const std::size_t rows = errors.front().size();
    n_ = clusters.empty() ? rows : static_cast<std::size_t>(std::ranges::max(clusters)) + 1;
    sums_.resize(n_ * width_);
    for (std::size_t row = 0; row < rows; ++row) {
      double* const unit =
          &sums_[(clusters.empty() ? row : static_cast<std::size_t>(clusters[row])) * width_];
      for (std::size_t run = 0; run < errors.size(); ++run)
        unit[run] += static_cast<double>(errors[run][row]);
      unit[errors.size()] += 1;
    }
  }

  std::size_t size() const { return n_; }
  void add(std::size_t unit, std::span<double> to) const {
    for (std::size_t k = 0; k < width_; ++k) to[k] += sums_[unit * width_ + k];
  }

 private:
  std::size_t width_, n_ = 0;
  std::vector<double> sums_;
};

/// The RMSE of every run less that of the first.
std::vector<double> differences_of(std::span<const double> sums) {
  std::vector<double> out;
  const auto rmse = [&](std::size_t run) { return std::sqrt(sums[run] / sums.back()); };
  for (std::size_t run = 1; run + 1 < sums.size(); ++run) out.push_back(rmse(run) - rmse(0));
  return out;
}

double quantile(std::vector<double> values, double share) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

std::vector<RmseDifference> bootstrap_rmse(std::span<const std::vector<float>> squared_errors,
                                           std::span<const std::int32_t> clusters,
                                           const BootstrapOptions& options) {
  const Units units(squared_errors, clusters);
  const auto n_resamples = static_cast<std::size_t>(options.resamples);
  const auto n_units = static_cast<std::uint32_t>(units.size());
  std::vector<std::vector<double>> resampled(n_resamples);
#pragma omp parallel for schedule(dynamic, 4)
  for (std::size_t r = 0; r < n_resamples; ++r) {
    RandomStream random(options.seed, r);
    std::vector<double> sums(squared_errors.size() + 1);
    for (std::size_t k = 0; k < units.size(); ++k) units.add(random.below(n_units), sums);
    resampled[r] = differences_of(sums);
  }

  std::vector<double> all(squared_errors.size() + 1);
  for (std::size_t unit = 0; unit < units.size(); ++unit) units.add(unit, all);
  const std::vector<double> observed = differences_of(all);
  std::vector<RmseDifference> out;
  for (std::size_t run = 0; run < observed.size(); ++run) {
    std::vector<double> values;
    for (const auto& differences : resampled) values.push_back(differences[run]);
    const auto better = std::ranges::count_if(values, [](double d) { return d < 0; });
    out.push_back({.difference = observed[run],
                   .low = quantile(values, kTail),
                   .high = quantile(values, 1 - kTail),
                   .share_better = static_cast<double>(better) / static_cast<double>(n_resamples)});
  }
  return out;
}

}  // namespace movrec
