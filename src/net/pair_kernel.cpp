#include "net/pair_kernel.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "movrec/kernels/gemm.hpp"
#include "movrec/kernels/parallel.hpp"
#include "movrec/ops/hidden_layer.hpp"
#include "net/pair_net.hpp"

namespace movrec {
namespace {

std::size_t size(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

/// Room for n floats; what a buffer has grown to it keeps.
template <class T>
T* room(std::vector<T>& buffer, std::int64_t n) {
  if (buffer.size() < size(n)) buffer.resize(size(n));
  return buffer.data();
}

}  // namespace

PairWeights::PairWeights(const PairNet& net)
    : stars(net.head(),
            net.layout().classes < 0
                ? nullptr
                : net.weights()[static_cast<std::size_t>(net.layout().classes)].weight.data_ptr<float>()) {
  const PairLayout& at = net.layout();
  const auto weight = [&](int i) {
    return net.weights()[static_cast<std::size_t>(i)].weight.data_ptr<float>();
  };
  const auto sides = [&](int pair) -> Sides {
    if (pair < 0) return {};
    const auto i = static_cast<std::size_t>(pair);
    return {net.tables()[i].weight.data_ptr<float>(), net.tables()[i + 1].weight.data_ptr<float>()};
  };
  bias = sides(at.bias);
  factors = sides(at.factors);
  towers = sides(at.towers);
  if (at.factors >= 0) dim = net.options().embedding_dim;
  if (at.product_weight >= 0) product = weight(at.product_weight);
  if (at.towers >= 0) {
    const std::vector<std::int64_t>& layers = net.options().layers;
    half = layers[0];
    first = at.hidden.empty() ? 1 : 2 * layers[1];
    first_weight = weight(at.hidden.empty() ? at.head_weight : at.hidden[0]);
    if (!at.hidden.empty()) {
      first_bias = weight(at.hidden[0] + 1);
      head = weight(at.head_weight);
      head_inputs = 2 * layers.back();
    }
    for (std::size_t l = 1; l < at.hidden.size(); ++l)
      hidden.push_back({weight(at.hidden[l]), weight(at.hidden[l] + 1), 2 * layers[l + 1], 2 * layers[l]});
  }
  offset = static_cast<float>(net.offset());
  if (at.head_bias >= 0) offset += *weight(at.head_bias);
  dropout = net.options().dropout;
}

void run_first_layer(const PairWeights& net,
                     const std::array<std::span<const std::int64_t>, 2>& rows,
                     FirstLayer& out) {
  if (!net.has_tower()) return;
  std::array<std::int64_t, 2> blocks;
  for (std::size_t side = 0; side < 2; ++side) {
    const auto n = static_cast<std::int64_t>(rows[side].size());
    room(out.inputs[side], n * net.half);
    room(out.outputs[side], n * net.first);
    blocks[side] = (n + kPairBlock - 1) / kPairBlock;
  }
  for_each_task(blocks[0] + blocks[1], [&](std::int64_t task) {
    const std::size_t side = task < blocks[0] ? 0 : 1;
    const std::int64_t begin = (side == 0 ? task : task - blocks[0]) * kPairBlock;
    const std::int64_t n = std::min(kPairBlock, static_cast<std::int64_t>(rows[side].size()) - begin);
    float* inputs = out.inputs[side].data() + begin * net.half;
    for (std::int64_t r = 0; r < n; ++r)
      std::copy_n(net.towers[side] + rows[side][size(begin + r)] * net.half, net.half, inputs + r * net.half);
    gemm(Transpose::no, Transpose::yes, n, net.first, net.half, inputs, net.half,
         net.first_weight + static_cast<std::int64_t>(side) * net.half, 2 * net.half, 0,
         out.outputs[side].data() + begin * net.first, net.first);
  });
}

void forward_block(const PairWeights& net,
                   const FirstLayer& first,
                   const PairBlock& block,
                   const DropoutStep* dropout,
                   std::int64_t begin,
                   PairScratch& scratch) {
  const std::int64_t m = block.size;
  float* raw = room(scratch.raw, m);
  for (std::int64_t b = 0; b < m; ++b) {
    float sum = net.offset;
    const std::int64_t user = block.rows[0][b], item = block.rows[1][b];
    if (net.bias[0] != nullptr) sum += net.bias[0][user] + net.bias[1][item];
    if (net.dim > 0) {
      const float* p = net.factors[0] + user * net.dim;
      const float* q = net.factors[1] + item * net.dim;
      sum += net.product == nullptr ? dot(p, q, net.dim) : dot3(p, q, net.product, net.dim);
    }
    raw[b] = sum;
  }
  if (!net.has_tower()) return;
  if (net.n_hidden() == 0) {
    for (std::int64_t b = 0; b < m; ++b)
      raw[b] += first.outputs[0][size(block.slots[0][b])] + first.outputs[1][size(block.slots[1][b])];
    return;
  }
  Dropped dropped;
  const auto draw = [&](std::size_t layer) {
    if (dropout == nullptr || net.dropout == 0) return;
    // Whole groups of 128 numbers: `begin` times any width is a multiple of that.
    const std::int64_t n = m * net.width(layer);
    dropped.bits = room(scratch.bits, n);
    dropped.threshold = dropout_threshold(net.dropout);
    dropped.scale = static_cast<float>(1 / (1 - net.dropout));
    dropout_bits({dropout->seed, dropout->step, static_cast<std::uint32_t>(layer)},
                 static_cast<std::uint64_t>(begin * net.width(layer) / 128),
                 std::span(scratch.bits).first(size(n)));
  };
  scratch.layers.resize(net.n_hidden());
  draw(0);
  float* x = room(scratch.layers[0], m * net.first);
  gather_bias_relu_dropout(x, first.outputs[0].data(), block.slots[0], first.outputs[1].data(),
                           block.slots[1], net.first_bias, m, net.first, dropped);
  for (std::size_t l = 1; l < net.n_hidden(); ++l) {
    const PairWeights::Layer& layer = net.hidden[l - 1];
    float* y = room(scratch.layers[l], m * layer.outputs);
    gemm(Transpose::no, Transpose::yes, m, layer.outputs, layer.inputs, x, layer.inputs, layer.weight,
         layer.inputs, 0, y, layer.outputs);
    draw(l);
    bias_relu_dropout(y, layer.bias, m, layer.outputs, dropped);
    x = y;
  }
  for (std::int64_t b = 0; b < m; ++b) raw[b] += dot(x + b * net.head_inputs, net.head, net.head_inputs);
}

at::Tensor predict_pairs(const PairWeights& net, const at::Tensor& users, const at::Tensor& items) {
  const std::int64_t n = users.size(0);
  at::Tensor out = at::empty({n}, at::kFloat);
  if (n == 0) return out;
  const std::array columns{users.contiguous(), items.contiguous()};
  std::array<const RowGroups*, 2> groups{};
  std::array<std::span<const std::int64_t>, 2> rows;
  std::vector<RowGrouper> groupers;
  groupers.reserve(2);
  FirstLayer first;
  if (net.has_tower()) {
    for (std::size_t side = 0; side < 2; ++side) {
      groupers.emplace_back(columns[side].max().item<std::int64_t>() + 1);
      groups[side] = &groupers[side].group(columns[side]);
      rows[side] = {groups[side]->rows.data_ptr<std::int64_t>(), size(groups[side]->size())};
    }
    run_first_layer(net, rows, first);
  }
  for_each_task((n + kPairBlock - 1) / kPairBlock, [&](std::int64_t task) {
    thread_local PairScratch scratch;
    const std::int64_t begin = task * kPairBlock;
    PairBlock block{.size = std::min(kPairBlock, n - begin)};
    for (std::size_t side = 0; side < 2; ++side) {
      block.rows[side] = columns[side].data_ptr<std::int32_t>() + begin;
      if (net.has_tower()) block.slots[side] = groups[side]->slots.data() + begin;
    }
    forward_block(net, first, block, nullptr, begin, scratch);
    net.stars.to_stars(scratch.raw.data(), block.size);
    std::copy_n(scratch.raw.data(), block.size, out.data_ptr<float>() + begin);
  });
  return out;
}

}  // namespace movrec
