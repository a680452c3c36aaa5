#include "movrec/ops/rating_head.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "movrec/core/table.hpp"

namespace movrec {
namespace {

struct LossRow {
  std::string_view name;
  RatingLoss loss;
};
constexpr std::array kLosses{LossRow{"mse", RatingLoss::mse}, LossRow{"huber", RatingLoss::huber},
                             LossRow{"ordinal", RatingLoss::ordinal},
                             LossRow{"softmax", RatingLoss::softmax}};

double sigmoid(double x) {
  return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

/// log(1 + e^x)
double softplus(double x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

/// Ascending cuts [K-1] of weights [K-1].
at::Tensor cuts_of(const at::Tensor& weights) {
  const at::Tensor first = weights.slice(0, 0, 1);
  return at::cat({first, first + weights.slice(0, 1).exp().cumsum(0)});
}

at::Tensor softmax_logits(const RatingHead& head, const at::Tensor& raw, const at::Tensor& weights) {
  const std::int64_t n = head.n_classes();
  return raw.unsqueeze(-1) * weights.slice(0, 0, n) + weights.slice(0, n);
}

}  // namespace

std::int64_t RatingHead::n_classes() const {
  return std::lround(range / step) + 1;
}

std::int64_t RatingHead::n_weights() const {
  return loss == RatingLoss::ordinal ? n_classes() - 1 : loss == RatingLoss::softmax ? 2 * n_classes() : 0;
}

std::vector<std::string_view> rating_loss_names() {
  return names_of(kLosses);
}

RatingLoss rating_loss(std::string_view name) {
  return find_row(kLosses, "loss", name).loss;
}

at::Tensor init_head_weights(const RatingHead& head) {
  const std::int64_t n = head.n_classes();
  std::vector<float> out;
  if (head.loss == RatingLoss::ordinal) {
    double before = 0;
    for (std::int64_t k = 1; k < n; ++k) {
      const double share = static_cast<double>(k) / static_cast<double>(n);
      const double cut = std::log(share / (1 - share));
      out.push_back(static_cast<float>(k == 1 ? cut : std::log(cut - before)));
      before = cut;
    }
  } else {
    for (std::int64_t k = 0; k < n; ++k)
      out.push_back(static_cast<float>(static_cast<double>(k) - static_cast<double>(n - 1) / 2));
    out.resize(static_cast<std::size_t>(2 * n), 0.F);
  }
  return at::tensor(out);
}

at::Tensor head_stars(const RatingHead& head, const at::Tensor& raw, const at::Tensor& weights) {
  if (head.loss == RatingLoss::ordinal)
    return (raw.unsqueeze(-1) - cuts_of(weights)).sigmoid().sum(-1) * head.step + head.low;
  if (head.loss == RatingLoss::softmax) {
    const at::Tensor classes = at::arange(head.n_classes(), raw.options());
    return at::matmul(softmax_logits(head, raw, weights).softmax(-1), classes) * head.step + head.low;
  }
  return head.sigmoid ? raw.sigmoid() * head.range + head.low : raw;
}

at::Tensor head_loss(const RatingHead& head,
                     const at::Tensor& raw,
                     const at::Tensor& stars,
                     const at::Tensor& weights) {
  if (!head.has_classes()) {
    const at::Tensor predicted = head_stars(head, raw, weights);
    // LibTorch's Huber loss is half of the squared error near 0.
    return head.loss == RatingLoss::mse
               ? at::mse_loss(predicted, stars)
               : 2 * at::huber_loss(predicted, stars, at::Reduction::Mean, head.huber_delta);
  }
  const at::Tensor classes = ((stars - head.low) / head.step).round().to(at::kLong);
  if (head.loss == RatingLoss::softmax)
    return at::nll_loss(softmax_logits(head, raw, weights).log_softmax(-1), classes);
  // log(σ(b) - σ(a)) = log σ(b) + log σ(-a) + log(1 - e^(a-b)), without the terms of open ends.
  const at::Tensor cuts = cuts_of(weights);
  const at::Tensor above = classes.clamp_max(cuts.size(0) - 1), below = (classes - 1).clamp_min(0);
  const at::Tensor has_above = (classes < cuts.size(0)).to(raw.scalar_type()),
                   has_below = (classes > 0).to(raw.scalar_type());
  // As a product: the gradient of index_select is summed in any order on a GPU.
  const auto cut = [&](const at::Tensor& which) {
    const at::Tensor all = at::arange(cuts.size(0), which.options());
    return which.unsqueeze(1).eq(all).to(cuts.scalar_type()).matmul(cuts);
  };
  const at::Tensor b = cut(above) - raw, a = cut(below) - raw;
  const at::Tensor inner = has_above * has_below;
  const at::Tensor gap = at::where(inner > 0, (a - b).exp(), at::zeros_like(raw));
  return (has_above * at::softplus(-b) + has_below * at::softplus(a) - at::log1p(-gap)).mean();
}

HeadKernel::HeadKernel(const RatingHead& head, const float* weights) : head_(head) {
  if (head.n_weights() > 0) weights_.assign(weights, weights + head.n_weights());
  if (head.loss != RatingLoss::ordinal) return;
  for (const float w : weights_)
    cuts_.push_back(cuts_.empty() ? static_cast<double>(w) : cuts_.back() + std::exp(static_cast<double>(w)));
}

std::int64_t HeadKernel::class_of(float stars) const {
  return std::clamp<std::int64_t>(std::lround((stars - head_.low) / head_.step), 0, head_.n_classes() - 1);
}

void HeadKernel::to_stars(float* raw, std::int64_t n) const {
  if (is_identity()) return;
  if (head_.loss == RatingLoss::ordinal) {
    for (std::int64_t b = 0; b < n; ++b) {
      float sum = 0;
      for (const double cut : cuts_) sum += 1 / (1 + std::exp(static_cast<float>(cut) - raw[b]));
      raw[b] = head_.low + head_.step * sum;
    }
  } else if (head_.loss == RatingLoss::softmax) {
    const std::int64_t k_end = head_.n_classes();
    std::vector<float> logits(static_cast<std::size_t>(k_end));
    for (std::int64_t b = 0; b < n; ++b) {
      for (std::size_t k = 0; k < logits.size(); ++k)
        logits[k] = weights_[k] * raw[b] + weights_[k + logits.size()];
      const float top = std::ranges::max(logits);
      float total = 0, sum = 0;
      for (std::size_t k = 0; k < logits.size(); ++k) {
        const float p = std::exp(logits[k] - top);
        total += p;
        sum += p * static_cast<float>(k);
      }
      raw[b] = head_.low + head_.step * sum / total;
    }
  } else {
    for (std::int64_t b = 0; b < n; ++b) raw[b] = head_.low + head_.range / (1 + std::exp(-raw[b]));
  }
}

double HeadKernel::cost(const float* raw,
                        const float* stars,
                        std::int64_t n,
                        float scale,
                        float* slopes,
                        float* weight_gradients) const {
  if (head_.loss == RatingLoss::ordinal) return ordinal_cost(raw, stars, n, scale, slopes, weight_gradients);
  if (head_.loss == RatingLoss::softmax) return softmax_cost(raw, stars, n, scale, slopes, weight_gradients);
  return cost_of_error(raw, stars, n, scale, slopes);
}

double HeadKernel::cost_of_error(
    const float* raw, const float* stars, std::int64_t n, float scale, float* slopes) const {
  const auto delta = static_cast<float>(head_.loss == RatingLoss::huber ? head_.huber_delta : INFINITY);
  double sum = 0;
  for (std::int64_t b = 0; b < n; ++b) {
    const float share = head_.sigmoid ? 1 / (1 + std::exp(-raw[b])) : 0;
    const float error = (head_.sigmoid ? head_.low + head_.range * share : raw[b]) - stars[b];
    const float inside = std::clamp(error, -delta, delta);
    sum += static_cast<double>(inside) * static_cast<double>(2 * error - inside);
    slopes[b] = scale * 2 * inside * (head_.sigmoid ? head_.range * share * (1 - share) : 1);
  }
  return sum;
}

double HeadKernel::ordinal_cost(const float* raw,
                                const float* stars,
                                std::int64_t n,
                                float scale,
                                float* slopes,
                                float* weight_gradients) const {
  const auto n_cuts = static_cast<std::int64_t>(cuts_.size());
  std::vector<double> cut_slopes(cuts_.size());
  double sum = 0;
  for (std::int64_t row = 0; row < n; ++row) {
    const std::int64_t k = class_of(stars[row]);
    const bool has_above = k < n_cuts;
    const bool has_below = k > 0;
    const auto x = static_cast<double>(raw[row]);
    const double b = has_above ? cuts_[static_cast<std::size_t>(k)] - x : 0;
    const double a = has_below ? cuts_[static_cast<std::size_t>(k - 1)] - x : 0;
    double slope_a = has_below ? sigmoid(a) : 0, slope_b = has_above ? -sigmoid(-b) : 0;
    sum += (has_below ? softplus(a) : 0) + (has_above ? softplus(-b) : 0);
    slopes[row] = static_cast<float>(-(slope_a + slope_b)) * scale;
    if (has_above && has_below) {
      const double gap = std::exp(a - b);
      sum -= std::log1p(-gap);
      slope_a += gap / (1 - gap);
      slope_b -= gap / (1 - gap);
    }
    if (has_below) cut_slopes[static_cast<std::size_t>(k - 1)] += slope_a;
    if (has_above) cut_slopes[static_cast<std::size_t>(k)] += slope_b;
  }
  if (weight_gradients == nullptr) return sum;
  // cut_k = w_0 + Σ_{j<=k} e^(w_j): each weight moves its own cut and all above it.
  double from_here = 0;
  for (std::size_t k = cuts_.size(); k-- > 0;) {
    from_here += cut_slopes[k];
    const double inner = k == 0 ? 1 : std::exp(static_cast<double>(weights_[k]));
    weight_gradients[k] += static_cast<float>(from_here * inner) * scale;
  }
  return sum;
}

double HeadKernel::softmax_cost(const float* raw,
                                const float* stars,
                                std::int64_t n,
                                float scale,
                                float* slopes,
                                float* weight_gradients) const {
  const auto n_classes = static_cast<std::size_t>(head_.n_classes());
  std::vector<double> p(n_classes), gradients(2 * n_classes);
  double sum = 0;
  for (std::int64_t row = 0; row < n; ++row) {
    const auto given = static_cast<std::size_t>(class_of(stars[row]));
    const auto x = static_cast<double>(raw[row]);
    for (std::size_t k = 0; k < n_classes; ++k)
      p[k] = static_cast<double>(weights_[k]) * x + static_cast<double>(weights_[k + n_classes]);
    const double top = std::ranges::max(p);
    double total = 0;
    for (const double logit : p) total += std::exp(logit - top);
    sum += top + std::log(total) - p[given];
    double slope = 0;
    for (std::size_t k = 0; k < n_classes; ++k) {
      const double error = std::exp(p[k] - top) / total - (k == given ? 1 : 0);
      slope += error * static_cast<double>(weights_[k]);
      gradients[k] += error * x;
      gradients[k + n_classes] += error;
    }
    slopes[row] = static_cast<float>(slope) * scale;
  }
  for (std::size_t k = 0; k < gradients.size() && weight_gradients != nullptr; ++k)
    weight_gradients[k] += static_cast<float>(gradients[k]) * scale;
  return sum;
}

}  // namespace movrec
