#include "solve/mf/svdpp_kernels.hpp"

#include "kernels/multiversion.hpp"

namespace movrec {
namespace {

constexpr std::size_t kAhead = 4;  ///< ratings whose rows are fetched before they are needed

}  // namespace

MOVREC_MULTIVERSION
double run_svdpp_user(const std::int32_t* items,
                      const float* stars,
                      std::size_t n,
                      const float* item_factors,
                      const float* item_bias,
                      std::size_t dim,
                      const SvdppUserRates& rates,
                      SvdppUser& user,
                      float* errors) {
  double squares = 0;
  float* __restrict p = user.p, * __restrict x = user.x, * __restrict g = user.g;
  for (std::size_t k = 0; k < n; ++k) {
    if (k + kAhead < n)
      for (std::size_t f = 0; f < dim; f += kSvdppLanes)
        __builtin_prefetch(item_factors + static_cast<std::size_t>(items[k + kAhead]) * dim + f);
    const float* __restrict q = item_factors + static_cast<std::size_t>(items[k]) * dim;
    float sums[kSvdppLanes] = {};
    for (std::size_t f = 0; f < dim; f += kSvdppLanes)
      for (std::size_t lane = 0; lane < kSvdppLanes; ++lane)
        sums[lane] += q[f + lane] * (p[f + lane] + x[f + lane]);
    for (std::size_t half = kSvdppLanes / 2; half > 0; half /= 2)
      for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
    const float error = stars[k] - user.offset - user.bias - item_bias[items[k]] - sums[0];
    squares += static_cast<double>(error) * static_cast<double>(error);
    errors[k] = error;
    const float step = rates.lr * error;
    user.bias = rates.keep * user.bias + step;
    for (std::size_t f = 0; f < dim; ++f) {
      g[f] += error * q[f];
      p[f] = rates.keep * p[f] + step * q[f];
      x[f] = rates.keep_x * x[f] + step * q[f];
    }
  }
  return squares;
}

MOVREC_MULTIVERSION
void run_svdpp_items(const SvdppVisit* visits,
                     std::size_t n,
                     const float* errors,
                     const float* moves,
                     std::size_t dim,
                     const SvdppItemRates& rates,
                     float* item_factors,
                     float* implicit_factors,
                     float* item_bias) {
  for (std::size_t k = 0; k < n; ++k) {
    const auto item = static_cast<std::size_t>(visits[k].item);
    float* __restrict q = item_factors + item * dim;
    float* __restrict y = implicit_factors + item * dim;
    const float* __restrict z = moves + static_cast<std::size_t>(visits[k].user) * 2 * dim;
    const float* __restrict g = z + dim;
    const float step = rates.lr * errors[visits[k].rating], keep = 1 - rates.lr * rates.l2[item];
    item_bias[item] = rates.keep_bias * item_bias[item] + step;
    for (std::size_t f = 0; f < dim; ++f) {
      q[f] = keep * q[f] + step * z[f];
      y[f] = rates.keep_y * y[f] + rates.lr * g[f];
    }
  }
}

}  // namespace movrec
