#include <ATen/ATen.h>

#include "movrec/core/error.hpp"
#include "net/row_layers.hpp"

namespace movrec {
namespace {

/// Mult-VAE: the variational autoencoder with a multinomial likelihood of Liang et al., "Variational
/// autoencoders for collaborative filtering", WWW 2018. The last of --layers is the latent variable, the
/// decoder mirrors the encoder. Cost: eq. 7, its KL weight annealed as in section 2.2.2.
class MultVae final : public LayeredRowNet {
 public:
  MultVae(const RowNetShape& shape, const NetOptions& net, const RowNetOptions& options, std::uint64_t seed)
      : LayeredRowNet(net, options, seed), n_columns_(shape.n_columns) {
    const auto& widths = net.layers;
    const std::size_t last = widths.size() - 1;
    if (last == 0)
      throw Error(ErrorKind::usage, "‹layers› needs two widths or more", "the last is the latent variable's",
                  "‹layers› 600,200");
    add_input(shape, widths[0]);
    for (std::size_t i = 0; i + 1 < last; ++i)
      encoder_.push_back(add_linear("encoder" + std::to_string(i), widths[i + 1], widths[i]));
    mean_ = add_linear("mean", widths[last], widths[last - 1]);
    log_variance_ = add_linear("log_variance", widths[last], widths[last - 1]);
    for (std::size_t i = last; i-- > 0;)
      decoder_.push_back(add_linear("decoder" + std::to_string(i), widths[i], widths[i + 1]));
    add_output(shape.n_columns, widths[0]);
  }

  at::Tensor hidden(const RowBatch& batch) const override {
    return run(decoder_, apply(mean_, encode(batch, nullptr)));
  }

  at::Tensor loss(const RowBatch& batch, const RowStep& step) const override {
    const at::Tensor x = encode(batch, &step);
    const at::Tensor mean = apply(mean_, x), log_variance = apply(log_variance_, x);
    const at::Tensor drawn = mean + normal_like(mean, step) * (0.5 * log_variance).exp();
    const at::Tensor log_shares = at::log_softmax(output(run(decoder_, drawn)), 1);
    const RowTensors target(batch.target, device());
    const at::Tensor likelihood =
        (log_shares.view({-1}).index_select(0, target.positions(n_columns_)) * target.values).sum();
    const at::Tensor divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum();
    const double weight =
        options_.kl_weight * (options_.kl_epochs > 0 ? std::min(1.0, step.epochs / options_.kl_epochs) : 1.0);
    return (weight * divergence - likelihood) / static_cast<double>(batch.input.size());
  }

 private:
  at::Tensor encode(const RowBatch& batch, const RowStep* step) const {
    return run(encoder_, activate(apply_input(RowTensors(batch.input, device()), batch)), step);
  }

  std::int64_t n_columns_;
  std::vector<Linear> encoder_, decoder_;
  Linear mean_{}, log_variance_{};
};

}  // namespace

std::unique_ptr<RowNet> make_multvae(const RowNetShape& shape,
                                     const NetOptions& net,
                                     const RowNetOptions& options,
                                     std::uint64_t seed) {
  return std::make_unique<MultVae>(shape, net, options, seed);
}

}  // namespace movrec
