#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "movrec/core/stopwatch.hpp"
#include "movrec/net/gradient_pass.hpp"

namespace movrec {
namespace {

class AutogradPass final : public GradientPass {
 public:
  explicit AutogradPass(const Net& net) : net_(net) {}

  BatchGradients& run(const Batch& batch, const DropoutStep& dropout) override {
    watch_.start();
    const at::Tensor users = batch.users.to(at::kLong), items = batch.items.to(at::kLong);
    std::vector<at::Tensor> leaves;
    for (const EmbeddingTable& table : net_.tables())
      leaves.push_back(
          table.weight.index_select(0, table.side == Side::user ? users : items).requires_grad_());
    const std::size_t n_tables = leaves.size();
    for (const DenseWeight& weight : net_.weights()) leaves.push_back(weight.weight);
    const at::Tensor loss =
        at::mse_loss(net_.forward(std::span(leaves).first(n_tables), &dropout), batch.stars);
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
  Stopwatch watch_{{"autograd"}};
  BatchGradients out_;
};

}  // namespace

std::unique_ptr<GradientPass> make_autograd_pass(const Net& net) {
  return std::make_unique<AutogradPass>(net);
}

std::unique_ptr<GradientPass> make_gradient_pass(const Net& net, const at::Device& device) {
  if (device.is_cpu())
    if (auto fused = net.make_cpu_pass()) return fused;
  return make_autograd_pass(net);
}

}  // namespace movrec
