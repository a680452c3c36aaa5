#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "movrec/core/random.hpp"
#include "movrec/core/table.hpp"
#include "movrec/net/net.hpp"
#include "movrec/ops/dropout.hpp"
#include "net/init.hpp"

namespace movrec {
namespace {

constexpr std::array kPairNets{
    PairNetParts{.name = "mf", .product = true},
    PairNetParts{.name = "biased-mf", .product = true},
    PairNetParts{.name = "gmf", .product = true, .weighted_product = true},
    PairNetParts{.name = "mlp", .tower = true},
    PairNetParts{.name = "neumf", .product = true, .weighted_product = true, .tower = true},
};

class PairNet final : public Net {
 public:
  PairNet(const PairNetParts& parts, const NetShape& shape, const NetOptions& options, std::uint64_t seed)
      : parts_(parts), shape_(shape), options_(options), seed_(seed) {
    if (options.bias_terms) bias_ = add_tables("bias", 1);
    if (parts.product) factors_ = add_tables("factors", options.embedding_dim);
    // Ones: the weighted product starts as matrix factorization.
    if (parts.weighted_product)
      product_weight_ = add_weight("product.weight", at::ones({1, options.embedding_dim}));
    std::int64_t head_inputs = parts.weighted_product ? options.embedding_dim : 0;
    if (parts.tower) {
      if (options.layers.empty()) fail(ErrorKind::usage, "--layers needs at least one width");
      towers_ = add_tables("tower", options.layers[0]);
      for (std::size_t i = 0; i + 1 < options.layers.size(); ++i)
        hidden_.push_back(
            add_layer("hidden" + std::to_string(i), 2 * options.layers[i + 1], 2 * options.layers[i]));
      tower_weight_ =
          add_weight("head.weight", init_layer_weight(1, 2 * options.layers.back(), options, next_seed()));
      head_inputs += 2 * options.layers.back();
    }
    if (head_inputs > 0)
      head_bias_ = add_weight("head.bias", init_layer_bias(1, head_inputs, options, next_seed()));
  }

  at::Tensor forward(std::span<const at::Tensor> rows, const DropoutStep* dropout) const override {
    at::Tensor raw = at::full({rows[0].size(0)}, offset(), rows[0].options());
    if (bias_ >= 0)
      raw = raw + row(rows, bias_, Side::user).squeeze(1) + row(rows, bias_, Side::item).squeeze(1);
    if (parts_.product) {
      const at::Tensor product = row(rows, factors_, Side::user) * row(rows, factors_, Side::item);
      raw =
          raw + (parts_.weighted_product ? at::matmul(product, weight(product_weight_)[0]) : product.sum(1));
    }
    if (parts_.tower) {
      at::Tensor x = at::cat({row(rows, towers_, Side::user), row(rows, towers_, Side::item)}, 1);
      for (std::size_t i = 0; i < hidden_.size(); ++i)
        x = activate(at::linear(x, weight(hidden_[i]), weight(hidden_[i] + 1)), i, dropout);
      raw = raw + at::matmul(x, weight(tower_weight_)[0]);
    }
    if (head_bias_ >= 0) raw = raw + weight(head_bias_);
    return squash(raw);
  }

  at::Tensor score_all(const at::Tensor& users) const override {
    at::Tensor raw = at::full({users.size(0), shape_.n_items}, offset(), table(0).options());
    if (bias_ >= 0) raw = raw + gathered(bias_, users) + items(bias_).t();
    if (parts_.product) {
      at::Tensor factors = gathered(factors_, users);
      if (parts_.weighted_product) factors = factors * weight(product_weight_);
      raw = raw.addmm_(factors, items(factors_).t());
    }
    if (parts_.tower) raw = raw + score_tower(users);
    if (head_bias_ >= 0) raw = raw + weight(head_bias_);
    return squash(raw);
  }

 private:
  /// The first layer is linear in its two halves: each is computed once per user and once per item.
  at::Tensor score_tower(const at::Tensor& users) const {
    at::Tensor of_users = gathered(towers_, users), of_items = items(towers_);
    if (hidden_.empty()) {
      const at::Tensor head = weight(tower_weight_)[0];
      const std::int64_t half = options_.layers[0];
      return at::matmul(of_users, head.slice(0, 0, half)).unsqueeze(1) +
             at::matmul(of_items, head.slice(0, half));
    }
    const at::Tensor first = weight(hidden_[0]);
    const std::int64_t half = options_.layers[0];
    of_users = at::linear(of_users, first.slice(1, 0, half), weight(hidden_[0] + 1));
    of_items = at::linear(of_items, first.slice(1, half));
    at::Tensor out = at::empty({users.size(0), shape_.n_items}, of_users.options());
    const std::int64_t width = first.size(0);
    const std::int64_t block = std::max<std::int64_t>(1, kBlockFloats / (shape_.n_items * width));
    for (std::int64_t begin = 0; begin < users.size(0); begin += block) {
      const at::Tensor part = of_users.slice(0, begin, std::min(begin + block, users.size(0)));
      at::Tensor x = (part.unsqueeze(1) + of_items).relu_().view({-1, width});
      for (std::size_t i = 1; i < hidden_.size(); ++i)
        x = at::linear(x, weight(hidden_[i]), weight(hidden_[i] + 1)).relu_();
      out.slice(0, begin, begin + part.size(0))
          .copy_(at::matmul(x, weight(tower_weight_)[0]).view({part.size(0), -1}));
    }
    return out;
  }

  at::Tensor activate(const at::Tensor& x, std::size_t layer, const DropoutStep* dropout) const {
    const at::Tensor active = x.relu();
    if (dropout == nullptr || options_.dropout == 0) return active;
    return active * dropout_mask(active, options_.dropout,
                                 {dropout->seed, dropout->step, static_cast<std::uint32_t>(layer)});
  }

  double range() const {
    return static_cast<double>(shape_.stars.max) - static_cast<double>(shape_.stars.min);
  }

  /// What the raw sum starts from so that an untrained net predicts the mean.
  double offset() const {
    if (!options_.global_mean) return 0;
    if (options_.output == "raw") return shape_.mean;
    const double share =
        std::clamp((shape_.mean - static_cast<double>(shape_.stars.min)) / range(), 1e-3, 1 - 1e-3);
    return std::log(share / (1 - share));
  }

  at::Tensor squash(const at::Tensor& raw) const {
    if (options_.output == "raw") return raw;
    return raw.sigmoid() * range() + static_cast<double>(shape_.stars.min);
  }

  // Tables come in pairs, the user's first; weights and biases of layers too. The index of the first names
  // the pair.
  int add_tables(const std::string& name, std::int64_t dim) {
    const NetOptions options = name == "bias" ? zero_std() : options_;
    tables_.push_back(
        {"user_" + name, Side::user, init_embedding(shape_.n_users, dim, options, next_seed())});
    tables_.push_back(
        {"item_" + name, Side::item, init_embedding(shape_.n_items, dim, options, next_seed())});
    return static_cast<int>(tables_.size()) - 2;
  }
  NetOptions zero_std() const {
    NetOptions options = options_;
    options.init_std = 0;
    return options;
  }
  int add_weight(const std::string& name, at::Tensor weight) {
    weights_.push_back({name, std::move(weight)});
    weights_.back().weight.requires_grad_();
    return static_cast<int>(weights_.size()) - 1;
  }
  int add_layer(const std::string& name, std::int64_t outputs, std::int64_t inputs) {
    const int first = add_weight(name + ".weight", init_layer_weight(outputs, inputs, options_, next_seed()));
    add_weight(name + ".bias", init_layer_bias(outputs, inputs, options_, next_seed()));
    return first;
  }
  std::uint64_t next_seed() { return mix_seed(seed_, n_seeds_++); }

  const at::Tensor& table(int i) const { return tables_[static_cast<std::size_t>(i)].weight; }
  const at::Tensor& items(int pair) const { return table(pair + 1); }
  at::Tensor gathered(int pair, const at::Tensor& users) const { return table(pair).index_select(0, users); }
  const at::Tensor& weight(int i) const { return weights_[static_cast<std::size_t>(i)].weight; }
  static const at::Tensor& row(std::span<const at::Tensor> rows, int pair, Side side) {
    return rows[static_cast<std::size_t>(pair + (side == Side::item ? 1 : 0))];
  }

  static constexpr std::int64_t kBlockFloats = std::int64_t{1} << 23;  // 32 MB: stays near the caches

  PairNetParts parts_;
  NetShape shape_;
  NetOptions options_;
  std::uint64_t seed_, n_seeds_ = 0;
  int bias_ = -1, factors_ = -1, towers_ = -1;
  int product_weight_ = -1, tower_weight_ = -1, head_bias_ = -1;
  std::vector<int> hidden_;
};

}  // namespace

std::span<const PairNetParts> pair_nets() {
  return kPairNets;
}

std::int64_t Net::n_parameters() const {
  std::int64_t n = 0;
  for (const EmbeddingTable& table : tables_) n += table.weight.numel();
  for (const DenseWeight& weight : weights_) n += weight.weight.numel();
  return n;
}

std::unique_ptr<Net> make_pair_net(std::string_view name,
                                   const NetShape& shape,
                                   const NetOptions& options,
                                   std::uint64_t seed) {
  return std::make_unique<PairNet>(find_row(kPairNets, "net", name), shape, options, seed);
}

}  // namespace movrec
