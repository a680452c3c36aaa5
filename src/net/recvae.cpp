#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/error.hpp"
#include "net/row_layers.hpp"

namespace movrec {
namespace {

constexpr double kNormEps = 0.1;
/// The share of an epoch in which the encoder is trained; the decoder has the rest.
constexpr double kEncoderShare = 0.75;

/// log N(x; mean, exp(log_variance)), element by element.
at::Tensor log_normal(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& log_variance) {
  return -0.5 * (std::log(2 * M_PI) + log_variance + (x - mean).square() / log_variance.exp());
}

/// RecVAE (Shenbin et al., "RecVAE: a new variational autoencoder for top-N recommendations with implicit
/// feedback", WSDM 2020): a deep encoder with dense sums and a linear decoder, trained in turns, the decoder
/// without noise; the prior of the code holds the posterior of the encoder as it was when its last turn ended
/// (eq. 7), and the divergence of a user counts in proportion to his ratings (section 3.3). All of --layers
/// but the last, which is the latent variable, are blocks of the encoder and of one width.
class RecVae final : public LayeredRowNet {
 public:
  RecVae(const RowNetShape& shape, const NetOptions& net, const RowNetOptions& options, std::uint64_t seed)
      : LayeredRowNet(net, options, seed), n_columns_(shape.n_columns) {
    const auto& widths = net.layers;
    const bool is_even = widths.size() > 1 && std::all_of(widths.begin(), widths.end() - 1,
                                                          [&](std::int64_t w) { return w == widths[0]; });
    if (!is_even)
      throw Error(ErrorKind::usage, "‹layers›: recvae adds up its hidden layers, so they have one width",
                  "the last is the latent variable's", "‹layers› 600,600,600,200");
    add_input(shape, widths[0]);
    now_ = {.input = {input_weight_, input_bias_}};
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      const std::string name = "hidden" + std::to_string(i);
      if (i > 0) now_.hidden.push_back(add_linear(name, widths[0], widths[0]));
      now_.norms.push_back({add(name + ".norm.weight", at::ones({widths[0]})),
                            add(name + ".norm.bias", at::zeros({widths[0]}))});
    }
    now_.mean = add_linear("mean", widths.back(), widths[0]);
    now_.log_variance = add_linear("log_variance", widths.back(), widths[0]);
    first_decoder_ = weights_.size();
    add_output(shape.n_columns, widths.back());
    add_last_encoder();
  }

  /// Of the model, without the copies.
  std::int64_t n_parameters() const override {
    std::int64_t n = 0;
    for (std::size_t w = 0; w < first_last_; ++w) n += tensor(w).numel();
    return n;
  }

  at::Tensor hidden(const RowBatch& batch) const override {
    const RowTensors rows(batch.input, device());
    return apply(now_.mean, encode(now_, rows));
  }

  bool trains(std::size_t weight, const RowStep& step) const override {
    return is_encoders_turn(step) ? weight < first_decoder_
                                  : weight >= first_decoder_ && weight < first_last_;
  }
  bool wants_noise(const RowStep& step) const override { return is_encoders_turn(step); }

  /// The encoder's turn has ended: it becomes the last one.
  void start_step(const RowStep& step) override {
    RowStep before = step;
    before.epochs -= step.length;
    if (is_encoders_turn(step) || !is_encoders_turn(before)) return;
    at::NoGradGuard no_grad;
    for (std::size_t w = 0; w < first_decoder_; ++w)
      weights_[first_last_ + w].weight.copy_(weights_[w].weight);
  }

  at::Tensor loss(const RowBatch& batch, const RowStep& step) const override {
    const RowTensors rows(batch.input, device()), target(batch.target, device());
    const at::Tensor x = encode(now_, rows);
    const at::Tensor mean = apply(now_.mean, x), log_variance = apply(now_.log_variance, x);
    const at::Tensor z = mean + normal_like(mean, step) * (0.5 * log_variance).exp();
    const at::Tensor log_shares = at::log_softmax(output(z), 1);
    const auto n_rows = static_cast<double>(batch.input.size());
    const at::Tensor likelihood =
        (log_shares.view({-1}).index_select(0, target.positions(n_columns_)) * target.values).sum();
    if (!is_encoders_turn(step)) return -likelihood / n_rows;
    const at::Tensor divergence = (log_normal(z, mean, log_variance) - log_prior(z, rows)).sum(1);
    return (options_.kl_weight * (divergence * target.lengths()).sum() - likelihood) / n_rows;
  }

 private:
  struct Norm {
    At weight, bias;
  };
  struct Encoder {
    Linear input{};
    std::vector<Linear> hidden{};
    std::vector<Norm> norms{};
    Linear mean{}, log_variance{};
  };

  static bool is_encoders_turn(const RowStep& step) {
    return step.epochs - std::floor(step.epochs) < kEncoderShare;
  }

  /// Copies of the encoder's weights, which saving and loading sees and no step trains.
  void add_last_encoder() {
    first_last_ = weights_.size();
    for (std::size_t w = 0; w < first_decoder_; ++w)
      add("last." + weights_[w].name, weights_[w].weight.detach().clone());
    const auto moved = [&](Linear layer) {
      return Linear{layer.weight + first_last_, layer.bias + first_last_};
    };
    last_ = {.input = moved(now_.input), .mean = moved(now_.mean), .log_variance = moved(now_.log_variance)};
    for (const Linear& layer : now_.hidden) last_.hidden.push_back(moved(layer));
    for (const Norm& norm : now_.norms)
      last_.norms.push_back({norm.weight + first_last_, norm.bias + first_last_});
  }

  at::Tensor encode(const Encoder& encoder, const RowTensors& rows) const {
    at::Tensor x = sparse_product(rows, tensor(encoder.input.weight)) + tensor(encoder.input.bias), sum;
    for (std::size_t i = 0; i < encoder.norms.size(); ++i) {
      if (i > 0) x = apply(encoder.hidden[i - 1], x) + sum;
      const Norm& norm = encoder.norms[i];
      x = at::layer_norm(at::silu(x), {x.size(1)}, tensor(norm.weight), tensor(norm.bias), kNormEps);
      sum = sum.defined() ? sum + x : x;
    }
    return x;
  }

  /// A mixture of N(0, 1), the last encoder's posterior and a wide normal distribution, by dimension.
  at::Tensor log_prior(const at::Tensor& z, const RowTensors& rows) const {
    at::Tensor mean, log_variance;
    {
      at::NoGradGuard no_grad;
      const at::Tensor x = encode(last_, rows);
      mean = apply(last_.mean, x);
      log_variance = apply(last_.log_variance, x);
    }
    const at::Tensor zero = at::zeros_like(z);
    return at::logsumexp(at::stack({std::log(3.0 / 20) + log_normal(z, zero, zero),
                                    std::log(3.0 / 4) + log_normal(z, mean, log_variance),
                                    std::log(1.0 / 10) + log_normal(z, zero, zero + 10)}),
                         {0});
  }

  std::int64_t n_columns_;
  std::size_t first_decoder_ = 0, first_last_ = 0;
  Encoder now_, last_;
};

}  // namespace

std::unique_ptr<RowNet> make_recvae(const RowNetShape& shape,
                                    const NetOptions& net,
                                    const RowNetOptions& options,
                                    std::uint64_t seed) {
  return std::make_unique<RecVae>(shape, net, options, seed);
}

}  // namespace movrec
