#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace movrec {

/// The numbers of one step of an update rule. Defaults are LibTorch's.
struct UpdateNumbers {
  double lr = 0;
  double weight_decay = 0;
  double momentum = 0;
  bool nesterov = false;
  double beta1 = 0.9, beta2 = 0.999;  ///< of the means of gradients and of their squares
  double alpha = 0.99;                ///< of the mean of squares that RMSprop has
  double eps = 1e-8;
  double correction1 = 1, correction2 = 1;  ///< 1 - beta^step

  /// Sets what depends on the step, which counts from 1.
  void at_step(std::int64_t step);
};

/// Those of them that change from step to step as tensors [] on the parameters' device, so that a recorded
/// step can be repeated with other numbers.
struct StepTensors {
  at::Tensor lr;
  at::Tensor rate;  ///< lr / correction1
  at::Tensor root;  ///< 1 / √correction2

  /// Of one step.
  static StepTensors of(const UpdateNumbers&, const at::Device&);
  /// Of many, one after another, as [steps, 3]; a row of it.
  static at::Tensor table(std::span<const UpdateNumbers>, const at::Device&);
  static StepTensors of_row(const at::Tensor& row);
};

/// One row of the table of optimizers. Each rule keeps at most two numbers per parameter, and is written
/// twice: as one fused pass over floats, and as plain LibTorch operations, which run on any device and which
/// tests hold the first to.
struct UpdateRule {
  std::string_view name;
  int n_states;
  double default_eps;
  /// parameter, gradient, state 0, state 1 (null where the rule has none), count.
  void (*fused)(float* p, const float* g, float* s0, float* s1, std::int64_t n, const UpdateNumbers&);
  /// What `fused` does with zero gradients at each of `steps`, in the same order of operations.
  void (*replay)(float* p, float* s0, float* s1, std::int64_t n, std::span<const UpdateNumbers> steps);
  /// Same shapes throughout; p and the states are updated in place. What StepTensors holds is not looked at
  /// in UpdateNumbers.
  void (*reference)(at::Tensor& p,
                    const at::Tensor& g,
                    std::array<at::Tensor, 2>& s,
                    const UpdateNumbers&,
                    const StepTensors&);
};

std::span<const UpdateRule> update_rules();
/// Error{usage} that lists the known names.
const UpdateRule& find_update_rule(std::string_view name);

}  // namespace movrec
