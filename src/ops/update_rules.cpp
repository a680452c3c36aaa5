#include "movrec/ops/update_rules.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "movrec/core/table.hpp"
#include "ops/multiversion.hpp"

namespace movrec {
namespace {

// Each fused loop is one pass over parameter, gradient and states, with the step's constants taken out of it.

MOVREC_MULTIVERSION
void sgd_fused(float* p, const float* g, float* momentum, float*, std::int64_t n, const UpdateNumbers& u) {
  const auto lr = static_cast<float>(u.lr), decay = static_cast<float>(u.weight_decay);
  const auto mu = static_cast<float>(u.momentum);
  // Nesterov: p -= lr (gradient + mu momentum); plain: p -= lr momentum.
  const float of_gradient = u.nesterov ? 1.F : 0.F, of_momentum = u.nesterov ? mu : 1.F;
  for (std::int64_t i = 0; i < n; ++i) {
    const float gradient = g[i] + decay * p[i];
    momentum[i] = mu * momentum[i] + gradient;
    p[i] -= lr * (of_gradient * gradient + of_momentum * momentum[i]);
  }
}

void sgd_reference(at::Tensor& p, const at::Tensor& g, std::array<at::Tensor, 2>& s, const UpdateNumbers& u) {
  const at::Tensor gradient = g.add(p, u.weight_decay);
  s[0].mul_(u.momentum).add_(gradient);
  p.sub_(u.nesterov ? gradient.add(s[0], u.momentum) : s[0], u.lr);
}

MOVREC_MULTIVERSION
void adam_loop(float* p,
               const float* g,
               float* m,
               float* v,
               std::int64_t n,
               const UpdateNumbers& u,
               double l2,
               double shrink) {
  const auto b1 = static_cast<float>(u.beta1), b2 = static_cast<float>(u.beta2),
             eps = static_cast<float>(u.eps);
  const auto c1 = static_cast<float>(1 - u.beta1), c2 = static_cast<float>(1 - u.beta2);
  const auto rate = static_cast<float>(u.lr / u.correction1);
  const auto root = static_cast<float>(1 / std::sqrt(u.correction2));
  const auto penalty = static_cast<float>(l2), keep = static_cast<float>(1 - shrink);
  for (std::int64_t i = 0; i < n; ++i) {
    const float gradient = g[i] + penalty * p[i];
    m[i] = b1 * m[i] + c1 * gradient;
    v[i] = b2 * v[i] + c2 * gradient * gradient;
    p[i] = keep * p[i] - rate * m[i] / (std::sqrt(v[i]) * root + eps);
  }
}

void adam_fused(float* p, const float* g, float* m, float* v, std::int64_t n, const UpdateNumbers& u) {
  adam_loop(p, g, m, v, n, u, u.weight_decay, 0);
}
void adamw_fused(float* p, const float* g, float* m, float* v, std::int64_t n, const UpdateNumbers& u) {
  adam_loop(p, g, m, v, n, u, 0, u.lr * u.weight_decay);
}

void adam_step(at::Tensor& p,
               const at::Tensor& gradient,
               std::array<at::Tensor, 2>& s,
               const UpdateNumbers& u) {
  s[0].mul_(u.beta1).add_(gradient, 1 - u.beta1);
  s[1].mul_(u.beta2).addcmul_(gradient, gradient, 1 - u.beta2);
  const at::Tensor denominator = s[1].sqrt().div_(std::sqrt(u.correction2)).add_(u.eps);
  p.addcdiv_(s[0], denominator, -u.lr / u.correction1);
}
void adam_reference(at::Tensor& p,
                    const at::Tensor& g,
                    std::array<at::Tensor, 2>& s,
                    const UpdateNumbers& u) {
  adam_step(p, g.add(p, u.weight_decay), s, u);
}
void adamw_reference(at::Tensor& p,
                     const at::Tensor& g,
                     std::array<at::Tensor, 2>& s,
                     const UpdateNumbers& u) {
  p.mul_(1 - u.lr * u.weight_decay);
  adam_step(p, g, s, u);
}

MOVREC_MULTIVERSION
void rmsprop_fused(
    float* p, const float* g, float* square, float* momentum, std::int64_t n, const UpdateNumbers& u) {
  const auto lr = static_cast<float>(u.lr), decay = static_cast<float>(u.weight_decay);
  const auto alpha = static_cast<float>(u.alpha), rest = static_cast<float>(1 - u.alpha);
  const auto mu = static_cast<float>(u.momentum), eps = static_cast<float>(u.eps);
  for (std::int64_t i = 0; i < n; ++i) {
    const float gradient = g[i] + decay * p[i];
    square[i] = alpha * square[i] + rest * gradient * gradient;
    momentum[i] = mu * momentum[i] + gradient / (std::sqrt(square[i]) + eps);
    p[i] -= lr * momentum[i];
  }
}

void rmsprop_reference(at::Tensor& p,
                       const at::Tensor& g,
                       std::array<at::Tensor, 2>& s,
                       const UpdateNumbers& u) {
  const at::Tensor gradient = g.add(p, u.weight_decay);
  s[0].mul_(u.alpha).addcmul_(gradient, gradient, 1 - u.alpha);
  s[1].mul_(u.momentum).addcdiv_(gradient, s[0].sqrt().add_(u.eps));
  p.sub_(s[1], u.lr);
}

MOVREC_MULTIVERSION
void adagrad_fused(float* p, const float* g, float* sum, float*, std::int64_t n, const UpdateNumbers& u) {
  const auto lr = static_cast<float>(u.lr), decay = static_cast<float>(u.weight_decay);
  const auto eps = static_cast<float>(u.eps);
  for (std::int64_t i = 0; i < n; ++i) {
    const float gradient = g[i] + decay * p[i];
    sum[i] += gradient * gradient;
    p[i] -= lr * gradient / (std::sqrt(sum[i]) + eps);
  }
}

void adagrad_reference(at::Tensor& p,
                       const at::Tensor& g,
                       std::array<at::Tensor, 2>& s,
                       const UpdateNumbers& u) {
  const at::Tensor gradient = g.add(p, u.weight_decay);
  s[0].addcmul_(gradient, gradient);
  p.addcdiv_(gradient, s[0].sqrt().add_(u.eps), -u.lr);
}

constexpr std::array kRules{
    UpdateRule{"sgd", 1, 0, sgd_fused, sgd_reference},
    UpdateRule{"adam", 2, 1e-8, adam_fused, adam_reference},
    UpdateRule{"adamw", 2, 1e-8, adamw_fused, adamw_reference},
    UpdateRule{"rmsprop", 2, 1e-8, rmsprop_fused, rmsprop_reference},
    UpdateRule{"adagrad", 1, 1e-10, adagrad_fused, adagrad_reference},
};

}  // namespace

void UpdateNumbers::at_step(std::int64_t step) {
  correction1 = 1 - std::pow(beta1, static_cast<double>(step));
  correction2 = 1 - std::pow(beta2, static_cast<double>(step));
}

std::span<const UpdateRule> update_rules() {
  return kRules;
}

const UpdateRule& find_update_rule(std::string_view name) {
  return find_row(kRules, "optimizer", name);
}

}  // namespace movrec
