#include <ATen/ATen.h>

#include "net/row_layers.hpp"

namespace movrec {
namespace {

/// Layers I → L1 → … → Lk → … → L1 → I: AutoRec with one hidden layer (Sedhain et al., WWW 2015), deeper as
/// in Kuchaiev and Ginsburg, "Training deep autoencoders for collaborative filtering", 2017. The loss is the
/// mean squared error of the ratings that the target holds (ibid., eq. 1); dropout is on the code alone. A
/// refeed asks that the full row which came out be its own output (ibid., section 3.2).
class Autoencoder final : public LayeredRowNet {
 public:
  Autoencoder(const RowNetShape& shape,
              const NetOptions& net,
              const RowNetOptions& options,
              std::uint64_t seed)
      : LayeredRowNet(net, options, seed), n_columns_(shape.n_columns) {
    const auto& widths = net.layers;
    add_input(shape, widths[0]);
    for (std::size_t i = 0; i + 1 < widths.size(); ++i)
      encoder_.push_back(add_linear("encoder" + std::to_string(i), widths[i + 1], widths[i]));
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) decoder_.push_back(add_mirror(i));
    if (options.tied) {  // one storage: a column's weights in are its weights out
      output_weight_ = input_weight_;
      output_bias_ = add("output.bias", at::zeros({shape.n_columns}));
    } else {
      add_output(shape.n_columns, widths[0]);
    }
  }

  at::Tensor hidden(const RowBatch& batch) const override { return hidden(batch, nullptr); }

  at::Tensor loss(const RowBatch& batch, const RowStep& step) const override {
    const RowTensors target(batch.target, device());
    at::Tensor out = output(hidden(batch, &step));
    const at::Tensor picked = out.view({-1}).index_select(0, target.positions(n_columns_));
    at::Tensor loss = (picked - target.values).square().sum() / std::max<std::int64_t>(target.n(), 1);
    for (int refeed = 1; refeed <= options_.refeeds; ++refeed) {
      const at::Tensor full = out.detach();
      const auto first = static_cast<std::uint32_t>(refeed);
      out = output(from_first(at::addmm(tensor(input_bias_), full, tensor(input_weight_)), &step, first));
      loss = loss + (out - full).square().mean();
    }
    return loss;
  }

 private:
  /// The decoder's layer that undoes encoder i; its weight is the encoder's where they are tied.
  Linear add_mirror(std::size_t i) {
    const std::int64_t outputs = net_.layers[i], inputs = net_.layers[i + 1];
    const std::string name = "decoder" + std::to_string(i);
    if (!options_.tied) return add_linear(name, outputs, inputs);
    return {encoder_[i].weight, add(name + ".bias", at::zeros({outputs}))};
  }

  at::Tensor hidden(const RowBatch& batch, const RowStep* step) const {
    return from_first(apply_input(RowTensors(batch.input, device()), batch), step, 0);
  }

  at::Tensor from_first(const at::Tensor& first, const RowStep* step, std::uint32_t layer) const {
    at::Tensor x = drop(run(encoder_, activate(first)), step, layer);
    for (std::size_t i = decoder_.size(); i-- > 0;) {
      const at::Tensor& weight = tensor(decoder_[i].weight);
      x = activate(at::addmm(tensor(decoder_[i].bias), x, options_.tied ? weight : weight.t()));
    }
    return x;
  }

  std::int64_t n_columns_;
  std::vector<Linear> encoder_, decoder_;  ///< between the first hidden layer and the code
};

}  // namespace

std::unique_ptr<RowNet> make_autoencoder(const RowNetShape& shape,
                                         const NetOptions& net,
                                         const RowNetOptions& options,
                                         std::uint64_t seed) {
  return std::make_unique<Autoencoder>(shape, net, options, seed);
}

}  // namespace movrec
