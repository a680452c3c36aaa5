#include "net/pair_net.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "movrec/core/random.hpp"
#include "movrec/core/table.hpp"
#include "movrec/ops/dropout.hpp"
#include "net/init.hpp"
#include "net/pair_kernel.hpp"
#include "net/pair_pass.hpp"
#include "net/pair_scores.hpp"
#include "net/user_ratings.hpp"

namespace movrec {
namespace {

constexpr std::array kPairNets{
    PairNetParts{.name = "mf", .product = true},
    PairNetParts{.name = "biased-mf", .product = true},
    PairNetParts{.name = "gmf", .product = true, .weighted_product = true},
    PairNetParts{.name = "mlp", .tower = true},
    PairNetParts{.name = "neumf", .product = true, .weighted_product = true, .tower = true},
};

constexpr std::int64_t kBlockFloats = std::int64_t{1} << 26;  // 256 MB: a GPU has enough to do

RatingHead make_head(const NetShape& shape, const NetOptions& options) {
  RatingHead head{.loss = rating_loss(options.loss),
                  .sigmoid = options.output == "sigmoid",
                  .low = shape.stars.min,
                  .range = shape.stars.max - shape.stars.min,
                  .step = shape.stars.step(),
                  .huber_delta = options.huber_delta};
  if (head.has_classes() && head.sigmoid)
    throw Error(ErrorKind::usage,
                fmt::format("‹output› sigmoid and ‹loss› {} contradict each other", options.loss),
                "an expectation over classes lies within the stars anyway", "‹output› raw");
  return head;
}

}  // namespace

PairNet::PairNet(const PairNetParts& parts,
                 const NetShape& shape,
                 const NetOptions& options,
                 std::uint64_t seed)
    : parts_(parts), shape_(shape), options_(options), head_(make_head(shape, options)), seed_(seed) {
  if (options.bias_terms) layout_.bias = add_tables("bias", 1);
  if (parts.product) layout_.factors = add_tables("factors", options.embedding_dim);
  // Ones: the weighted product starts as matrix factorization.
  if (parts.weighted_product)
    layout_.product_weight = add_weight("product.weight", at::ones({1, options.embedding_dim}));
  std::int64_t head_inputs = parts.weighted_product ? options.embedding_dim : 0;
  if (parts.tower) {
    if (options.layers.empty()) fail(ErrorKind::usage, "‹layers› needs at least one width");
    layout_.towers = add_tables("tower", options.layers[0]);
    for (std::size_t i = 0; i + 1 < options.layers.size(); ++i)
      layout_.hidden.push_back(
          add_layer("hidden" + std::to_string(i), 2 * options.layers[i + 1], 2 * options.layers[i]));
    layout_.head_weight =
        add_weight("head.weight", init_layer_weight(1, 2 * options.layers.back(), options, next_seed()));
    head_inputs += 2 * options.layers.back();
  }
  if (head_inputs > 0)
    layout_.head_bias = add_weight("head.bias", init_layer_bias(1, head_inputs, options, next_seed()));
  if (head_.has_classes()) layout_.classes = add_weight("head.classes", init_head_weights(head_));
  offset_ = starting_offset();
}

at::Tensor PairNet::forward(std::span<const at::Tensor> rows, const DropoutStep* dropout) const {
  return squash(raw_of(rows, dropout));
}

at::Tensor PairNet::loss(std::span<const at::Tensor> rows,
                         const at::Tensor& stars,
                         const DropoutStep* dropout) const {
  return head_loss(head_, raw_of(rows, dropout).to(at::kFloat), stars, head_weights());
}

at::Tensor PairNet::raw_of(std::span<const at::Tensor> rows, const DropoutStep* dropout) const {
  at::Tensor raw = at::full({rows[0].size(0)}, offset(), rows[0].options());
  if (layout_.bias >= 0)
    raw =
        raw + row(rows, layout_.bias, Side::user).squeeze(1) + row(rows, layout_.bias, Side::item).squeeze(1);
  if (layout_.factors >= 0) {
    const at::Tensor product =
        row(rows, layout_.factors, Side::user) * row(rows, layout_.factors, Side::item);
    raw = raw + (layout_.product_weight >= 0 ? at::matmul(product, weight(layout_.product_weight)[0])
                                             : product.sum(1));
  }
  if (layout_.towers >= 0) {
    at::Tensor x = at::cat({row(rows, layout_.towers, Side::user), row(rows, layout_.towers, Side::item)}, 1);
    for (std::size_t i = 0; i < layout_.hidden.size(); ++i)
      x = activate(at::linear(x, weight(layout_.hidden[i]), weight(layout_.hidden[i] + 1)), i, dropout);
    raw = raw + at::matmul(x, weight(layout_.head_weight)[0]);
  }
  if (layout_.head_bias >= 0) raw = raw + weight(layout_.head_bias);
  return raw;
}

at::Tensor PairNet::predict(const at::Tensor& users, const at::Tensor& items) const {
  if (!users.is_cpu()) return Net::predict(users, items);
  return predict_pairs(PairWeights(*this), users, items);
}

at::Tensor PairNet::score_rows(std::span<const at::Tensor> user_rows, const at::Tensor& items) const {
  return items.is_cpu() ? score_pairs(PairWeights(*this), user_rows, items)
                        : score_reference(user_rows, items);
}

std::unique_ptr<ScoreEstimates> PairNet::estimate_rows(std::span<const at::Tensor> user_rows,
                                                       const at::Tensor& items) const {
  return items.is_cpu() ? estimate_pairs(PairWeights(*this), user_rows, items) : nullptr;
}

at::Tensor PairNet::score_reference(std::span<const at::Tensor> user_rows, const at::Tensor& items) const {
  at::Tensor raw = at::full({user_rows[0].size(0), items.size(0)}, offset(), table(0).options());
  if (layout_.bias >= 0) raw = raw + user_row(user_rows, layout_.bias) + item_rows(layout_.bias, items).t();
  if (layout_.factors >= 0) {
    at::Tensor factors = user_row(user_rows, layout_.factors);
    if (layout_.product_weight >= 0) factors = factors * weight(layout_.product_weight);
    raw = raw.addmm_(factors, item_rows(layout_.factors, items).t());
  }
  if (layout_.towers >= 0) raw = raw + score_tower(user_row(user_rows, layout_.towers), items);
  if (layout_.head_bias >= 0) raw = raw + weight(layout_.head_bias);
  return squash(raw);
}

std::unique_ptr<UserRatings> PairNet::ratings_of(const History& history) const {
  return make_user_ratings(PairWeights(*this), history);
}

std::unique_ptr<GradientPass> PairNet::make_cpu_pass() const {
  return make_pair_pass(*this);
}

std::int64_t PairNet::flops_per_row() const {
  return Net::flops_per_row() + (layout_.factors >= 0 ? 6 * options_.embedding_dim : 0);
}

/// The first layer is linear in its two halves: each is computed once per user and once per item.
at::Tensor PairNet::score_tower(const at::Tensor& user_rows, const at::Tensor& items) const {
  at::Tensor of_users = user_rows, of_items = item_rows(layout_.towers, items);
  const std::int64_t half = options_.layers[0];
  if (layout_.hidden.empty()) {
    const at::Tensor head = weight(layout_.head_weight)[0];
    return at::matmul(of_users, head.slice(0, 0, half)).unsqueeze(1) +
           at::matmul(of_items, head.slice(0, half));
  }
  const at::Tensor first = weight(layout_.hidden[0]);
  of_users = at::linear(of_users, first.slice(1, 0, half), weight(layout_.hidden[0] + 1));
  of_items = at::linear(of_items, first.slice(1, half));
  at::Tensor out = at::empty({of_users.size(0), items.size(0)}, of_users.options());
  const std::int64_t width = first.size(0);
  const std::int64_t block = std::max<std::int64_t>(1, kBlockFloats / (items.size(0) * width));
  for (std::int64_t begin = 0; begin < of_users.size(0); begin += block) {
    const at::Tensor part = of_users.slice(0, begin, std::min(begin + block, of_users.size(0)));
    at::Tensor x = (part.unsqueeze(1) + of_items).relu_().view({-1, width});
    for (std::size_t i = 1; i < layout_.hidden.size(); ++i)
      x = at::linear(x, weight(layout_.hidden[i]), weight(layout_.hidden[i] + 1)).relu_();
    out.slice(0, begin, begin + part.size(0))
        .copy_(at::matmul(x, weight(layout_.head_weight)[0]).view({part.size(0), -1}));
  }
  return out;
}

at::Tensor PairNet::activate(const at::Tensor& x, std::size_t layer, const DropoutStep* dropout) const {
  at::Tensor active = x.relu();
  if (dropout == nullptr || options_.dropout == 0) return active;
  return active * dropout_mask(active, options_.dropout,
                               {dropout->seed, dropout->step, static_cast<std::uint32_t>(layer)});
}

/// The raw number whose stars are the mean of the training stars, if it is to be added.
double PairNet::starting_offset() const {
  if (!options_.global_mean) return 0;
  if (!head_.sigmoid && !head_.has_classes()) return shape_.mean;
  at::NoGradGuard no_grad;
  double low = -20, high = 20;
  for (int round = 0; round < 60; ++round) {
    const double middle = (low + high) / 2;
    const at::Tensor raw = at::full({1}, middle, at::kDouble);
    const at::Tensor weights = layout_.classes >= 0 ? head_weights().to(at::kDouble) : at::Tensor();
    (head_stars(head_, raw, weights).item<double>() < shape_.mean ? low : high) = middle;
  }
  return (low + high) / 2;
}

at::Tensor PairNet::squash(const at::Tensor& raw) const {
  return head_stars(head_, raw, head_weights());
}

int PairNet::add_tables(const std::string& name, std::int64_t dim) {
  NetOptions options = options_;
  if (name == "bias") options.init_std = 0;
  tables_.push_back({"user_" + name, Side::user, init_embedding(shape_.n_users, dim, options, next_seed())});
  tables_.push_back({"item_" + name, Side::item, init_embedding(shape_.n_items, dim, options, next_seed())});
  return static_cast<int>(tables_.size()) - 2;
}

int PairNet::add_weight(const std::string& name, at::Tensor weight) {
  weights_.push_back({name, std::move(weight)});
  weights_.back().weight.requires_grad_();
  return static_cast<int>(weights_.size()) - 1;
}

int PairNet::add_layer(const std::string& name, std::int64_t outputs, std::int64_t inputs) {
  const int first = add_weight(name + ".weight", init_layer_weight(outputs, inputs, options_, next_seed()));
  add_weight(name + ".bias", init_layer_bias(outputs, inputs, options_, next_seed()));
  return first;
}

std::uint64_t PairNet::next_seed() {
  return mix_seed(seed_, n_seeds_++);
}

at::Tensor PairNet::item_rows(int pair, const at::Tensor& items) const {
  return table(pair + 1).index_select(0, items);
}

std::span<const PairNetParts> pair_nets() {
  return kPairNets;
}

std::unique_ptr<Net> make_pair_net(std::string_view name,
                                   const NetShape& shape,
                                   const NetOptions& options,
                                   std::uint64_t seed) {
  return std::make_unique<PairNet>(find_row(kPairNets, "net", name), shape, options, seed);
}

}  // namespace movrec
