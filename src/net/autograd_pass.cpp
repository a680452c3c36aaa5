#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/version.h>

#include "movrec/core/stopwatch.hpp"
#include "movrec/net/gradient_pass.hpp"

namespace movrec {
namespace {

/// Autocast in a scope. LibTorch 2.4 renamed the switches.
class Autocast {
 public:
  explicit Autocast(bool on) : on_(on) {
    if (!on_) return;
    set(true);
  }
  ~Autocast() {
    if (!on_) return;
    at::autocast::clear_cache();
    set(false);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  static void set(bool on) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    at::autocast::set_autocast_dtype(at::kCUDA, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCUDA, on);
#else
    at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
    at::autocast::set_enabled(on);
#endif
  }
  bool on_;
};

class AutogradPass final : public GradientPass {
 public:
  AutogradPass(const Net& net, bool amp) : net_(net), amp_(amp) {}

  BatchGradients& run(const Batch& batch, const DropoutStep& dropout) override {
    watch_.start();
    const at::Tensor users = batch.users.to(at::kLong), items = batch.items.to(at::kLong);
    std::vector<at::Tensor> leaves;
    for (const EmbeddingTable& table : net_.tables())
      leaves.push_back(
          table.weight.index_select(0, table.side == Side::user ? users : items).requires_grad_());
    const std::size_t n_tables = leaves.size();
    for (const DenseWeight& weight : net_.weights()) leaves.push_back(weight.weight);
    const at::Tensor loss = [&] {
      const Autocast autocast(amp_);
      return net_.loss(std::span(leaves).first(n_tables), batch.stars, &dropout);
    }();
    const std::vector<at::Tensor> gradients = torch::autograd::grad({loss}, leaves);

    at::NoGradGuard no_grad;
    out_.loss = loss.detach();
    out_.tables.clear();
    for (std::size_t t = 0; t < n_tables; ++t)
      out_.tables.push_back(sum_by_row(batch.rows(net_.tables()[t].side), gradients[t]));
    out_.dense.assign(gradients.begin() + static_cast<std::ptrdiff_t>(n_tables), gradients.end());
    watch_.lap(0);
    return out_;
  }

  std::vector<std::pair<std::string, double>> phases() const override { return watch_.phases(); }

 private:
  const Net& net_;
  bool amp_;
  Stopwatch watch_{{"autograd"}};
  BatchGradients out_;
};

}  // namespace

std::unique_ptr<GradientPass> make_autograd_pass(const Net& net, bool amp) {
  return std::make_unique<AutogradPass>(net, amp);
}

std::unique_ptr<GradientPass> make_gradient_pass(const Net& net) {
  if (auto fused = net.make_cpu_pass()) return fused;
  return make_autograd_pass(net);
}

}  // namespace movrec
