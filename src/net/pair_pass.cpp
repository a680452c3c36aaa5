#include "net/pair_pass.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/stopwatch.hpp"
#include "movrec/kernels/gemm.hpp"
#include "movrec/kernels/parallel.hpp"
#include "movrec/ops/hidden_layer.hpp"
#include "net/pair_kernel.hpp"
#include "net/pair_net.hpp"

namespace movrec {
namespace {

constexpr std::int64_t kMaxShards = 16;        ///< each keeps a copy of the small weights' gradients
constexpr std::int64_t kOutputsPerTask = 128;  ///< of the first layer's gradient
constexpr std::int64_t kFloatsPerTask = 1 << 13;

std::size_t size(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

/// A batch goes through four steps, each a loop over independent tasks:
///   first layer  embeddings of the batch's users and items, each once, times its half of the first layer
///   towers       by shards of consecutive rows: the rest of the net, the loss, and the way back to the first
///                layer's outputs; gradients of the small weights into the shard's own sums
///   rows         by user and by item: gradients summed over its rows of the batch, then times the first layer
///   weights      the first layer's gradient, in stripes of its outputs; of the others, sums over shards in order
class PairPass final : public GradientPass {
 public:
  explicit PairPass(const PairNet& net) : net_(net) {
    const auto options = at::TensorOptions(at::kFloat);
    // In one flat array the small weights, which each shard has its own sums of, then the first layer's.
    const PairLayout& layout = net.layout();
    if (layout.towers >= 0) first_weight_ = layout.hidden.empty() ? layout.head_weight : layout.hidden[0];
    for (int w = 0; w < static_cast<int>(net.weights().size()); ++w) {
      offsets_.push_back(n_small_);
      if (w != first_weight_) n_small_ += net.weights()[static_cast<std::size_t>(w)].weight.numel();
    }
    std::int64_t n_all = n_small_;
    if (first_weight_ >= 0) {
      offsets_[static_cast<std::size_t>(first_weight_)] = n_small_;
      n_all += net.weights()[static_cast<std::size_t>(first_weight_)].weight.numel();
    }
    flat_ = at::zeros({n_all}, options);
    for (std::size_t w = 0; w < net.weights().size(); ++w) {
      const at::Tensor& weight = net.weights()[w].weight;
      out_.dense.push_back(flat_.slice(0, offsets_[w], offsets_[w] + weight.numel()).view(weight.sizes()));
    }
    out_.loss = at::zeros({}, options);
    out_.tables.resize(net.tables().size());
    tables_.resize(net.tables().size());
  }

  BatchGradients& run(const Batch& batch, const DropoutStep& dropout) override {
    const PairWeights weights(net_);
    n_ = batch.users.size(0);
    columns_ = {batch.users.data_ptr<std::int32_t>(), batch.items.data_ptr<std::int32_t>()};
    stars_ = batch.stars.data_ptr<float>();
    groups_ = {&batch.user_rows, &batch.item_rows};
    prepare(weights);

    watch_.start();
    run_first_layer(weights, rows_, first_);
    watch_.lap(0);
    run_shards(weights, dropout);
    watch_.lap(1);
    run_rows(weights);
    watch_.lap(2);
    run_weights(weights);
    watch_.lap(3);
    return out_;
  }

  std::vector<std::pair<std::string, double>> phases() const override { return watch_.phases(); }

 private:
  /// Buffers for this batch; they only grow.
  void prepare(const PairWeights& weights) {
    const std::int64_t blocks = (n_ + kPairBlock - 1) / kPairBlock;
    n_shards_ = std::min(blocks, kMaxShards);
    blocks_per_shard_ = (blocks + n_shards_ - 1) / n_shards_;
    slopes_.resize(size(n_));
    if (weights.has_tower()) first_gradients_.resize(size(n_ * weights.first));
    shards_.resize(size(n_shards_ * n_small_));
    errors_.assign(size(n_shards_), 0.0);
    for (std::size_t side = 0; side < 2; ++side) {
      const at::Tensor& rows = groups_[side]->rows;
      rows_[side] = {rows.data_ptr<std::int64_t>(), size(rows.size(0))};
      if (weights.has_tower()) row_sums_[side].resize(rows_[side].size() * size(weights.first));
    }
    for (std::size_t t = 0; t < tables_.size(); ++t) {
      const std::int64_t n_rows = groups_[t % 2]->size(), width = net_.tables()[t].weight.size(1);
      tables_[t].resize(size(n_rows * width));
      out_.tables[t] = at::from_blob(tables_[t].data(), {n_rows, width}, at::kFloat);
    }
  }

  float* shard_gradient(std::int64_t shard, int weight) {
    return shards_.data() + shard * n_small_ + offsets_[static_cast<std::size_t>(weight)];
  }

  void run_shards(const PairWeights& weights, const DropoutStep& dropout) {
    for_each_task(n_shards_, [&](std::int64_t shard) {
      thread_local PairScratch scratch;
      std::fill_n(shards_.data() + shard * n_small_, n_small_, 0.F);
      const std::int64_t first = shard * blocks_per_shard_ * kPairBlock;
      const std::int64_t end = std::min(n_, first + blocks_per_shard_ * kPairBlock);
      for (std::int64_t begin = first; begin < end; begin += kPairBlock) {
        PairBlock block{.size = std::min(kPairBlock, end - begin)};
        for (std::size_t side = 0; side < 2; ++side) {
          block.rows[side] = columns_[side] + begin;
          block.slots[side] = groups_[side]->slots.data() + begin;
        }
        forward_block(weights, first_, block, &dropout, begin, scratch);
        run_loss(weights, block, begin, shard, scratch);
        run_back(weights, block, begin, shard, scratch);
      }
    });
    double sum = 0;
    for (const double error : errors_) sum += error;
    *out_.loss.data_ptr<float>() = static_cast<float>(sum / static_cast<double>(n_));
  }

  /// slopes = d loss / d raw.
  void run_loss(const PairWeights& weights,
                const PairBlock& block,
                std::int64_t begin,
                std::int64_t shard,
                PairScratch& scratch) {
    const int classes = net_.layout().classes;
    errors_[size(shard)] +=
        weights.stars.cost(scratch.raw.data(), stars_ + begin, block.size, 1 / static_cast<float>(n_),
                           slopes_.data() + begin, classes >= 0 ? shard_gradient(shard, classes) : nullptr);
  }

  /// From the slopes to the gradients of the small weights and of the first layer's outputs.
  void run_back(const PairWeights& weights,
                const PairBlock& block,
                std::int64_t begin,
                std::int64_t shard,
                PairScratch& scratch) {
    const PairLayout& layout = net_.layout();
    const float* slopes = slopes_.data() + begin;
    const std::int64_t m = block.size;
    if (layout.head_bias >= 0) {
      float& sum = *shard_gradient(shard, layout.head_bias);
      for (std::int64_t b = 0; b < m; ++b) sum += slopes[b];
    }
    if (layout.product_weight >= 0)
      for (std::int64_t b = 0; b < m; ++b)
        add_product(shard_gradient(shard, layout.product_weight),
                    weights.factors[0] + block.rows[0][b] * weights.dim,
                    weights.factors[1] + block.rows[1][b] * weights.dim, slopes[b], weights.dim);
    if (!weights.has_tower()) return;
    float* first = first_gradients_.data() + begin * weights.first;
    const std::size_t n_hidden = weights.n_hidden();
    if (n_hidden == 0) {
      std::copy_n(slopes, m, first);
      return;
    }
    scratch.gradients.resize(n_hidden);
    const auto gradient_of = [&](std::size_t l) {
      if (l == 0) return first;
      std::vector<float>& buffer = scratch.gradients[l];
      if (buffer.size() < size(m * weights.width(l))) buffer.resize(size(m * weights.width(l)));
      return buffer.data();
    };
    const float scale = static_cast<float>(1 / (1 - weights.dropout));
    const float* x = scratch.layers[n_hidden - 1].data();
    float* gradient = gradient_of(n_hidden - 1);
    float* head_gradient = shard_gradient(shard, layout.head_weight);
    for (std::int64_t b = 0; b < m; ++b) {
      add_scaled(head_gradient, x + b * weights.head_inputs, slopes[b], weights.head_inputs);
      float* to = gradient + b * weights.head_inputs;
      for (std::int64_t i = 0; i < weights.head_inputs; ++i) to[i] = slopes[b] * weights.head[i];
    }
    for (std::size_t l = n_hidden; l-- > 0;) {
      const std::int64_t outputs = weights.width(l);
      relu_dropout_backward(gradient, scratch.layers[l].data(), scale,
                            shard_gradient(shard, layout.hidden[l] + 1), m, outputs);
      if (l == 0) return;
      const PairWeights::Layer& layer = weights.hidden[l - 1];
      gemm(Transpose::yes, Transpose::no, outputs, layer.inputs, m, gradient, outputs,
           scratch.layers[l - 1].data(), layer.inputs, 1, shard_gradient(shard, layout.hidden[l]),
           layer.inputs);
      float* below = gradient_of(l - 1);
      gemm(Transpose::no, Transpose::no, m, layer.inputs, outputs, gradient, outputs, layer.weight,
           layer.inputs, 0, below, layer.inputs);
      gradient = below;
    }
  }

  void run_rows(const PairWeights& weights) {
    const auto blocks = [&](std::size_t side) {
      return (static_cast<std::int64_t>(rows_[side].size()) + kPairBlock - 1) / kPairBlock;
    };
    for_each_task(blocks(0) + blocks(1), [&](std::int64_t task) {
      const std::size_t side = task < blocks(0) ? 0 : 1;
      const std::int64_t begin = (side == 0 ? task : task - blocks(0)) * kPairBlock;
      const std::int64_t end = std::min(begin + kPairBlock, static_cast<std::int64_t>(rows_[side].size()));
      for (std::int64_t r = begin; r < end; ++r) add_row(weights, side, r);
      if (!weights.has_tower()) return;
      gemm(Transpose::no, Transpose::no, end - begin, weights.half, weights.first,
           row_sums_[side].data() + begin * weights.first, weights.first,
           weights.first_weight + static_cast<std::int64_t>(side) * weights.half, 2 * weights.half, 0,
           table(net_.layout().towers, side) + begin * weights.half, weights.half);
    });
  }

  /// Sums over the positions of the batch that use row r of a side.
  void add_row(const PairWeights& weights, std::size_t side, std::int64_t r) {
    const PairLayout& layout = net_.layout();
    const std::span<const std::int32_t> positions = groups_[side]->positions(r);
    if (layout.bias >= 0) {
      float sum = 0;
      for (const std::int32_t b : positions) sum += slopes_[size(b)];
      table(layout.bias, side)[r] = sum;
    }
    if (layout.factors >= 0) {
      float* sum = table(layout.factors, side) + r * weights.dim;
      std::fill_n(sum, weights.dim, 0.F);
      for (const std::int32_t b : positions) {
        const float* other = weights.factors[1 - side] + columns_[1 - side][b] * weights.dim;
        if (weights.product == nullptr) {
          add_scaled(sum, other, slopes_[size(b)], weights.dim);
        } else {
          add_product(sum, other, weights.product, slopes_[size(b)], weights.dim);
        }
      }
    }
    if (weights.has_tower()) {
      float* sum = row_sums_[side].data() + r * weights.first;
      std::copy_n(first_gradients_.data() + positions[0] * weights.first, weights.first, sum);
      for (const std::int32_t b : positions.subspan(1))
        add_scaled(sum, first_gradients_.data() + b * weights.first, 1, weights.first);
    }
  }

  /// The first layer's gradient in stripes of its outputs; the other weights' as sums over shards, in parts.
  void run_weights(const PairWeights& weights) {
    float* flat = flat_.data_ptr<float>();
    const std::int64_t stripes = (weights.first + kOutputsPerTask - 1) / kOutputsPerTask;
    const std::int64_t parts = (n_small_ + kFloatsPerTask - 1) / kFloatsPerTask;
    for_each_task(2 * stripes + parts, [&](std::int64_t task) {
      if (task >= 2 * stripes) {
        const std::int64_t begin = (task - 2 * stripes) * kFloatsPerTask;
        const std::int64_t n = std::min(kFloatsPerTask, n_small_ - begin);
        std::copy_n(shards_.data() + begin, n, flat + begin);
        for (std::int64_t shard = 1; shard < n_shards_; ++shard)
          add_scaled(flat + begin, shards_.data() + shard * n_small_ + begin, 1, n);
        return;
      }
      const auto side = static_cast<std::size_t>(task % 2);
      const std::int64_t begin = task / 2 * kOutputsPerTask;
      const std::int64_t n = std::min(kOutputsPerTask, weights.first - begin);
      gemm(Transpose::yes, Transpose::no, n, weights.half, static_cast<std::int64_t>(rows_[side].size()),
           row_sums_[side].data() + begin, weights.first, first_.inputs[side].data(), weights.half, 0,
           flat + n_small_ + (2 * begin + static_cast<std::int64_t>(side)) * weights.half, 2 * weights.half);
    });
  }

  float* table(int pair, std::size_t side) { return tables_[static_cast<std::size_t>(pair) + side].data(); }

  const PairNet& net_;
  BatchGradients out_;
  int first_weight_ = -1;              ///< of the tower's first layer
  std::vector<std::int64_t> offsets_;  ///< of each weight in flat_
  std::int64_t n_small_ = 0;           ///< floats of all weights but the first layer's
  at::Tensor flat_;                    ///< the dense gradients

  // Of the batch at hand.
  std::int64_t n_ = 0, n_shards_ = 0, blocks_per_shard_ = 0;
  std::array<const std::int32_t*, 2> columns_{};
  const float* stars_ = nullptr;
  std::array<const RowGroups*, 2> groups_{};
  std::array<std::span<const std::int64_t>, 2> rows_;
  FirstLayer first_;
  std::vector<float> slopes_;                   ///< [B]
  std::vector<float> first_gradients_;          ///< [B, first]: of the first layer's linear outputs
  std::array<std::vector<float>, 2> row_sums_;  ///< [R, first]: the same, summed by row
  std::vector<std::vector<float>> tables_;      ///< [R, d] of each table
  std::vector<float> shards_;                   ///< [shards, n_small_]
  std::vector<double> errors_;                  ///< [shards] what their rows cost
  Stopwatch watch_{{"first layer", "towers and loss", "gradients of rows", "gradients of weights"}};
};

}  // namespace

std::unique_ptr<GradientPass> make_pair_pass(const PairNet& net) {
  return std::make_unique<PairPass>(net);
}

}  // namespace movrec
