#include "movrec/ops/update_rules.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "kernels/multiversion.hpp"
#include "movrec/core/table.hpp"

namespace movrec {
namespace {

// Each rule as what it does to one parameter: Constants holds a step's numbers as floats, `apply` is one
// step. From it come the fused pass over many parameters and the replay of many steps without a gradient.

struct Sgd {
  float lr, decay, mu, of_gradient, of_momentum;
  // Nesterov: p -= lr (gradient + mu momentum); plain: p -= lr momentum.
  explicit Sgd(const UpdateNumbers& u)
      : lr(static_cast<float>(u.lr)),
        decay(static_cast<float>(u.weight_decay)),
        mu(static_cast<float>(u.momentum)),
        of_gradient(u.nesterov ? 1.F : 0.F),
        of_momentum(u.nesterov ? mu : 1.F) {}
  [[gnu::always_inline]] void apply(float& p, float g, float& momentum, float&) const {
    const float gradient = g + decay * p;
    momentum = mu * momentum + gradient;
    p -= lr * (of_gradient * gradient + of_momentum * momentum);
  }
};

struct Adam {
  float b1, b2, c1, c2, eps, rate, root, l2, keep;
  Adam(const UpdateNumbers& u, double penalty, double shrink)
      : b1(static_cast<float>(u.beta1)),
        b2(static_cast<float>(u.beta2)),
        c1(static_cast<float>(1 - u.beta1)),
        c2(static_cast<float>(1 - u.beta2)),
        eps(static_cast<float>(u.eps)),
        rate(static_cast<float>(u.lr / u.correction1)),
        root(static_cast<float>(1 / std::sqrt(u.correction2))),
        l2(static_cast<float>(penalty)),
        keep(static_cast<float>(1 - shrink)) {}
  explicit Adam(const UpdateNumbers& u) : Adam(u, u.weight_decay, 0) {}
  [[gnu::always_inline]] void apply(float& p, float g, float& m, float& v) const {
    const float gradient = g + l2 * p;
    m = b1 * m + c1 * gradient;
    v = b2 * v + c2 * gradient * gradient;
    p = keep * p - rate * m / (std::sqrt(v) * root + eps);
  }
};
struct AdamW : Adam {
  explicit AdamW(const UpdateNumbers& u) : Adam(u, 0, u.lr * u.weight_decay) {}
};

struct RmsProp {
  float lr, decay, alpha, rest, mu, eps;
  explicit RmsProp(const UpdateNumbers& u)
      : lr(static_cast<float>(u.lr)),
        decay(static_cast<float>(u.weight_decay)),
        alpha(static_cast<float>(u.alpha)),
        rest(static_cast<float>(1 - u.alpha)),
        mu(static_cast<float>(u.momentum)),
        eps(static_cast<float>(u.eps)) {}
  [[gnu::always_inline]] void apply(float& p, float g, float& square, float& momentum) const {
    const float gradient = g + decay * p;
    square = alpha * square + rest * gradient * gradient;
    momentum = mu * momentum + gradient / (std::sqrt(square) + eps);
    p -= lr * momentum;
  }
};

struct Adagrad {
  float lr, decay, eps;
  explicit Adagrad(const UpdateNumbers& u)
      : lr(static_cast<float>(u.lr)),
        decay(static_cast<float>(u.weight_decay)),
        eps(static_cast<float>(u.eps)) {}
  [[gnu::always_inline]] void apply(float& p, float g, float& sum, float&) const {
    const float gradient = g + decay * p;
    sum += gradient * gradient;
    p -= lr * gradient / (std::sqrt(sum) + eps);
  }
};

/// Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, algorithm 2: steps of one size, by the
/// sign of a mean that forgets faster than the one that is kept; decay apart from the gradient, as in AdamW. The paper
/// advises a rate 3 to 10 times lower than Adam's.
struct Lion {
  static constexpr double kBeta1 = 0.9, kBeta2 = 0.99;
  static constexpr auto b1 = static_cast<float>(kBeta1), b2 = static_cast<float>(kBeta2),
                        c1 = static_cast<float>(1 - kBeta1), c2 = static_cast<float>(1 - kBeta2);
  float lr, keep;
  explicit Lion(const UpdateNumbers& u)
      : lr(static_cast<float>(u.lr)), keep(static_cast<float>(1 - u.lr * u.weight_decay)) {}
  [[gnu::always_inline]] void apply(float& p, float g, float& mean, float&) const {
    const float ahead = b1 * mean + c1 * g;
    p = keep * p - lr * (static_cast<float>(ahead > 0) - static_cast<float>(ahead < 0));
    mean = b2 * mean + c2 * g;
  }
};

template <class Rule, bool two_states>
[[gnu::always_inline]] inline void fused(
    float* p, const float* g, float* s0, float* s1, std::int64_t n, const UpdateNumbers& u) {
  const Rule rule(u);
  float none = 0;
  for (std::int64_t i = 0; i < n; ++i) rule.apply(p[i], g[i], s0[i], two_states ? s1[i] : none);
}

/// Steps go round inside, over parameters that stay in registers: memory is passed once, not once a step.
template <class Rule, bool two_states>
[[gnu::always_inline]] inline void replay(
    float* p, float* s0, float* s1, std::int64_t n, std::span<const UpdateNumbers> steps) {
  constexpr std::int64_t kBlock = 64;
  for (std::int64_t begin = 0; begin < n; begin += kBlock) {
    const std::int64_t size = std::min(kBlock, n - begin);
    alignas(64) float block_p[kBlock] = {}, block_s0[kBlock] = {}, block_s1[kBlock] = {};
    std::copy_n(p + begin, size, block_p);
    std::copy_n(s0 + begin, size, block_s0);
    if (two_states) std::copy_n(s1 + begin, size, block_s1);
    for (const UpdateNumbers& step : steps) {
      const Rule rule(step);
      for (std::int64_t i = 0; i < kBlock; ++i) rule.apply(block_p[i], 0.F, block_s0[i], block_s1[i]);
    }
    std::copy_n(block_p, size, p + begin);
    std::copy_n(block_s0, size, s0 + begin);
    if (two_states) std::copy_n(block_s1, size, s1 + begin);
  }
}

// Function multiversioning does not go through templates: a pair of functions a rule.
#define MOVREC_RULE(name, Rule, two_states)                                                                  \
  MOVREC_MULTIVERSION                                                                                        \
  void name##_fused(float* p, const float* g, float* s0, float* s1, std::int64_t n,                          \
                    const UpdateNumbers& u) {                                                                \
    fused<Rule, two_states>(p, g, s0, s1, n, u);                                                             \
  }                                                                                                          \
  MOVREC_MULTIVERSION                                                                                        \
  void name##_replay(float* p, float* s0, float* s1, std::int64_t n, std::span<const UpdateNumbers> steps) { \
    replay<Rule, two_states>(p, s0, s1, n, steps);                                                           \
  }
MOVREC_RULE(sgd, Sgd, false)
MOVREC_RULE(adam, Adam, true)
MOVREC_RULE(adamw, AdamW, true)
MOVREC_RULE(rmsprop, RmsProp, true)
MOVREC_RULE(adagrad, Adagrad, false)
MOVREC_RULE(lion, Lion, false)
#undef MOVREC_RULE

void sgd_reference(at::Tensor& p,
                   const at::Tensor& g,
                   std::array<at::Tensor, 2>& s,
                   const UpdateNumbers& u,
                   const StepTensors& now) {
  const at::Tensor gradient = g.add(p, u.weight_decay);
  s[0].mul_(u.momentum).add_(gradient);
  p.addcmul_(u.nesterov ? gradient.add(s[0], u.momentum) : s[0], now.lr, -1);
}

void adam_step(at::Tensor& p,
               const at::Tensor& gradient,
               std::array<at::Tensor, 2>& s,
               const UpdateNumbers& u,
               const StepTensors& now) {
  s[0].mul_(u.beta1).add_(gradient, 1 - u.beta1);
  s[1].mul_(u.beta2).addcmul_(gradient, gradient, 1 - u.beta2);
  p.addcdiv_(s[0] * now.rate, s[1].sqrt().mul_(now.root).add_(u.eps), -1);
}
void adam_reference(at::Tensor& p,
                    const at::Tensor& g,
                    std::array<at::Tensor, 2>& s,
                    const UpdateNumbers& u,
                    const StepTensors& now) {
  adam_step(p, g.add(p, u.weight_decay), s, u, now);
}
void adamw_reference(at::Tensor& p,
                     const at::Tensor& g,
                     std::array<at::Tensor, 2>& s,
                     const UpdateNumbers& u,
                     const StepTensors& now) {
  p.addcmul_(p, now.lr, -u.weight_decay);
  adam_step(p, g, s, u, now);
}

void rmsprop_reference(at::Tensor& p,
                       const at::Tensor& g,
                       std::array<at::Tensor, 2>& s,
                       const UpdateNumbers& u,
                       const StepTensors& now) {
  const at::Tensor gradient = g.add(p, u.weight_decay);
  s[0].mul_(u.alpha).addcmul_(gradient, gradient, 1 - u.alpha);
  s[1].mul_(u.momentum).addcdiv_(gradient, s[0].sqrt().add_(u.eps));
  p.addcmul_(s[1], now.lr, -1);
}

void adagrad_reference(at::Tensor& p,
                       const at::Tensor& g,
                       std::array<at::Tensor, 2>& s,
                       const UpdateNumbers& u,
                       const StepTensors& now) {
  const at::Tensor gradient = g.add(p, u.weight_decay);
  s[0].addcmul_(gradient, gradient);
  p.addcdiv_(gradient * now.lr, s[0].sqrt().add_(u.eps), -1);
}

void lion_reference(at::Tensor& p,
                    const at::Tensor& g,
                    std::array<at::Tensor, 2>& s,
                    const UpdateNumbers& u,
                    const StepTensors& now) {
  p.addcmul_(p, now.lr, -u.weight_decay);
  p.addcmul_((s[0] * Lion::kBeta1).add_(g, 1 - Lion::kBeta1).sign_(), now.lr, -1);
  s[0].mul_(Lion::kBeta2).add_(g, 1 - Lion::kBeta2);
}

constexpr std::array kRules{
    UpdateRule{"sgd", 1, 0, sgd_fused, sgd_replay, sgd_reference},
    UpdateRule{"adam", 2, 1e-8, adam_fused, adam_replay, adam_reference},
    UpdateRule{"adamw", 2, 1e-8, adamw_fused, adamw_replay, adamw_reference},
    UpdateRule{"rmsprop", 2, 1e-8, rmsprop_fused, rmsprop_replay, rmsprop_reference},
    UpdateRule{"adagrad", 1, 1e-10, adagrad_fused, adagrad_replay, adagrad_reference},
    UpdateRule{"lion", 1, 0, lion_fused, lion_replay, lion_reference},
};

}  // namespace

void UpdateNumbers::at_step(std::int64_t step) {
  correction1 = 1 - std::pow(beta1, static_cast<double>(step));
  correction2 = 1 - std::pow(beta2, static_cast<double>(step));
}

at::Tensor StepTensors::table(std::span<const UpdateNumbers> steps, const at::Device& device) {
  at::Tensor out = at::empty({std::ssize(steps), 3}, at::kFloat);
  auto* to = out.data_ptr<float>();
  for (const UpdateNumbers& u : steps) {
    *to++ = static_cast<float>(u.lr);
    *to++ = static_cast<float>(u.lr / u.correction1);
    *to++ = static_cast<float>(1 / std::sqrt(u.correction2));
  }
  return out.to(device);
}

StepTensors StepTensors::of_row(const at::Tensor& row) {
  return {row[0], row[1], row[2]};
}

StepTensors StepTensors::of(const UpdateNumbers& numbers, const at::Device& device) {
  return of_row(table(std::span(&numbers, 1), device)[0]);
}

std::span<const UpdateRule> update_rules() {
  return kRules;
}

const UpdateRule& find_update_rule(std::string_view name) {
  return find_row(kRules, "optimizer", name);
}

}  // namespace movrec
