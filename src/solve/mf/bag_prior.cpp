#include "solve/mf/bag_prior.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/row_blocks.hpp"

namespace movrec {
namespace {

constexpr int kSteps = 2;  ///< of conjugate gradients at each update
constexpr int kRowsPerTask = 64;

/// Σ_rows a b of each column.
std::vector<double> column_dots(const std::vector<float>& a, const std::vector<float>& b, std::size_t dim) {
  std::vector<double> out(dim);
  for (std::size_t at = 0; at < a.size(); at += dim)
    for (std::size_t f = 0; f < dim; ++f)
      out[f] += static_cast<double>(a[at + f]) * static_cast<double>(b[at + f]);
  return out;
}

/// a / b of each column, 0 where there is nothing to divide by.
std::vector<float> ratios(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<float> out(a.size());
  for (std::size_t f = 0; f < a.size(); ++f) out[f] = b[f] > 1e-30 ? static_cast<float>(a[f] / b[f]) : 0.F;
  return out;
}

}  // namespace

BagPrior::BagPrior(const RatingLists& own, const RatingLists& other, std::size_t dim, double l2)
    : own_(own),
      other_(other),
      dim_(dim),
      l2_(static_cast<float>(l2)),
      scale_(own.size()),
      precondition_(other.size()),
      link_(other.size() * dim),
      prior_(own.size() * dim),
      intercept_(dim) {
  for (std::size_t row = 0; row < own.size(); ++row)
    scale_[row] = own.count(row) > 0 ? 1 / std::sqrt(static_cast<float>(own.count(row))) : 0.F;
  for (std::size_t i = 0; i < other.size(); ++i) {
    double sum = 0;
    for (std::int32_t row : other.others_of(i)) {
      const auto scale = static_cast<double>(scale_[static_cast<std::size_t>(row)]);
      sum += scale * scale;
    }
    precondition_[i] = static_cast<float>(1 / std::max(sum + l2, 1e-9));
  }
}

void BagPrior::sum_bags(const std::vector<float>& link, std::vector<float>& out) const {
  const auto n = static_cast<std::ptrdiff_t>(own_.size());
#pragma omp parallel for schedule(dynamic, kRowsPerTask)
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const auto row = static_cast<std::size_t>(i);
    float* to = out.data() + row * dim_;
    sum_rows(link.data(), own_.others_of(row), dim_, to);
    for (std::size_t f = 0; f < dim_; ++f) to[f] *= scale_[row];
  }
}

/// Scales `rows` on the way.
void BagPrior::sum_bags_transposed(std::vector<float>& rows, std::vector<float>& out) const {
  for (std::size_t row = 0; row < own_.size(); ++row)
    for (std::size_t f = 0; f < dim_; ++f) rows[row * dim_ + f] *= scale_[row];
  const auto n = static_cast<std::ptrdiff_t>(other_.size());
#pragma omp parallel for schedule(dynamic, kRowsPerTask)
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const auto row = static_cast<std::size_t>(i);
    sum_rows(rows.data(), other_.others_of(row), dim_, out.data() + row * dim_);
  }
}

void BagPrior::update_intercept(const std::vector<float>& factors) {
  std::vector<double> sums(dim_);
  std::size_t n = 0;
  for (std::size_t row = 0; row < own_.size(); ++row) {
    if (own_.count(row) == 0) continue;
    ++n;
    for (std::size_t f = 0; f < dim_; ++f)
      sums[f] += static_cast<double>(factors[row * dim_ + f]) - static_cast<double>(prior_[row * dim_ + f]);
  }
  std::vector<float> shift(dim_);
  for (std::size_t f = 0; f < dim_; ++f)
    shift[f] = static_cast<float>(sums[f] / static_cast<double>(std::max<std::size_t>(n, 1)));
  for (std::size_t f = 0; f < dim_; ++f) intercept_[f] += shift[f];
  for (std::size_t row = 0; row < own_.size(); ++row)
    for (std::size_t f = 0; f < dim_; ++f) prior_[row * dim_ + f] += shift[f];
}

void BagPrior::start(const std::vector<float>& factors) {
  update_intercept(factors);
}

void BagPrior::update(const std::vector<float>& factors) {
  update_intercept(factors);
  if (l2_ == 0) return;
  std::vector<float> rows(factors.size()), gradient(link_.size()), direction(link_.size()),
      image(link_.size());
  for (std::size_t k = 0; k < rows.size(); ++k) rows[k] = factors[k] - prior_[k];
  sum_bags_transposed(rows, gradient);
  for (std::size_t k = 0; k < link_.size(); ++k) {
    gradient[k] -= l2_ * link_[k];
    direction[k] = precondition_[k / dim_] * gradient[k];
  }
  std::vector<double> norm = column_dots(gradient, direction, dim_);
  for (int step = 0; step < kSteps; ++step) {
    sum_bags(direction, rows);
    sum_bags_transposed(rows, image);
    for (std::size_t k = 0; k < image.size(); ++k) image[k] += l2_ * direction[k];
    const std::vector<float> length = ratios(norm, column_dots(direction, image, dim_));
    for (std::size_t at = 0; at < link_.size(); at += dim_)
      for (std::size_t f = 0; f < dim_; ++f) {
        link_[at + f] += length[f] * direction[at + f];
        gradient[at + f] -= length[f] * image[at + f];
        image[at + f] = precondition_[at / dim_] * gradient[at + f];
      }
    for (std::size_t row = 0; row < own_.size(); ++row) {
      if (scale_[row] == 0) continue;
      const float unscaled = 1 / scale_[row];  // sum_bags_transposed has scaled the rows once more
      for (std::size_t f = 0; f < dim_; ++f)
        prior_[row * dim_ + f] += length[f] * unscaled * rows[row * dim_ + f];
    }
    const std::vector<double> next = column_dots(gradient, image, dim_);
    const std::vector<float> turn = ratios(next, norm);
    for (std::size_t at = 0; at < direction.size(); at += dim_)
      for (std::size_t f = 0; f < dim_; ++f) direction[at + f] = image[at + f] + turn[f] * direction[at + f];
    norm = next;
  }
}

void BagPrior::save(StateDict& state, const std::string& prefix) const {
  state.set(prefix + "link", link_);
  state.set(prefix + "prior", prior_);
  state.set(prefix + "intercept", intercept_);
}

void BagPrior::load(const StateDict& state, const std::string& prefix) {
  state.copy(prefix + "link", link_);
  state.copy(prefix + "prior", prior_);
  state.copy(prefix + "intercept", intercept_);
}

}  // namespace movrec
