#include <ATen/ATen.h>

#include "net/row_layers.hpp"

namespace movrec {
namespace {

/// A perceptron from who a user is and what is shown of his ratings to all items: whether he rates them, or
/// with how many stars. Dropout is on all hidden layers but the last.
class ProfileNet final : public LayeredRowNet {
 public:
  ProfileNet(const RowNetShape& shape,
             const NetOptions& net,
             const RowNetOptions& options,
             std::uint64_t seed)
      : LayeredRowNet(net, options, seed), n_columns_(shape.n_columns) {
    add_input(shape, net.layers[0]);
    for (std::size_t i = 0; i + 1 < net.layers.size(); ++i)
      layers_.push_back(add_linear("hidden" + std::to_string(i), net.layers[i + 1], net.layers[i]));
    add_output(shape.n_columns, net.layers.back());
  }

  at::Tensor hidden(const RowBatch& batch) const override { return hidden(batch, nullptr); }

  at::Tensor loss(const RowBatch& batch, const RowStep& step) const override {
    const at::Tensor out = output(hidden(batch, &step));
    const at::Tensor stars = RowTensors(batch.target, device()).dense(n_columns_);
    const at::Tensor costs = options_.target == "seen"
                                 ? at::binary_cross_entropy_with_logits(out, (stars > 0).to(at::kFloat), {},
                                                                        {}, at::Reduction::None)
                                 : (at::sigmoid(out) - stars).square();
    if (!options_.masked) return costs.mean();
    const at::Tensor hidden = (RowTensors(batch.input, device()).dense(n_columns_) == 0).to(at::kFloat);
    return (costs * hidden).sum() / hidden.sum().clamp_min(1);  // all may be shown
  }

 private:
  at::Tensor hidden(const RowBatch& batch, const RowStep* step) const {
    return run(layers_, activate(apply_input(RowTensors(batch.input, device()), batch)), step);
  }

  std::int64_t n_columns_;
  std::vector<Linear> layers_;
};

}  // namespace

std::unique_ptr<RowNet> make_profile_net(const RowNetShape& shape,
                                         const NetOptions& net,
                                         const RowNetOptions& options,
                                         std::uint64_t seed) {
  return std::make_unique<ProfileNet>(shape, net, options, seed);
}

}  // namespace movrec
