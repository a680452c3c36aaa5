#include "net/user_ratings.hpp"

#include <algorithm>
#include <numeric>

#include "movrec/kernels/gemm.hpp"
#include "movrec/ops/hidden_layer.hpp"

namespace movrec {
namespace {

std::size_t size(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

class PairUserRatings final : public UserRatings {
 public:
  PairUserRatings(PairWeights net, const History& history)
      : net_(std::move(net)),
        stars_(history.stars.begin(), history.stars.end()),
        nobody_(stars_.size()),
        slots_(stars_.size()) {
    std::vector<std::int64_t> rows;
    for (const ItemIdx item : history.items) {
      items_.push_back(number(item));
      rows.push_back(number(item));
    }
    std::iota(slots_.begin(), slots_.end(), 0);
    run_first_layer(net_, {std::span<const std::int64_t>(), std::span<const std::int64_t>(rows)}, first_);
    first_.outputs[0].resize(size(net_.first));
  }

  void raw(std::span<const float> row, std::span<float> raw, float* jacobian, std::size_t stride) override {
    const float* at = row.data();
    const auto take = [&](PairWeights::Sides& sides, std::int64_t width) {
      if (sides[0] == nullptr) return;
      sides[0] = at;
      at += width;
    };
    take(net_.bias, 1);
    take(net_.factors, net_.dim);
    take(net_.towers, net_.half);
    for (std::int64_t o = 0; o < net_.first; ++o)
      first_.outputs[0][size(o)] = dot(net_.first_weight + o * 2 * net_.half, net_.towers[0], net_.half);
    const std::int64_t n = std::ssize(stars_);
    for (std::int64_t begin = 0; begin < n; begin += kPairBlock) {
      const PairBlock block{.size = std::min(kPairBlock, n - begin),
                            .rows = {nobody_.data(), items_.data() + begin},
                            .slots = {nobody_.data(), slots_.data() + begin}};
      forward_block(net_, first_, block, nullptr, 0, scratch_);
      std::copy_n(scratch_.raw.data(), block.size, raw.data() + begin);
      if (jacobian != nullptr) derive(block, jacobian + size(begin) * stride, stride);
    }
  }

  double cost(std::span<const float> raw, std::span<float> slopes) const override {
    return net_.stars.cost(raw.data(), stars_.data(), std::ssize(stars_), 1, slopes.data(), nullptr);
  }

 private:
  void derive(const PairBlock& block, float* jacobian, std::size_t stride) {
    for (std::int64_t b = 0; b < block.size; ++b) {
      float* to = jacobian + size(b) * stride;
      if (net_.bias[0] != nullptr) *to++ = 1;
      const float* item = net_.dim > 0 ? net_.factors[1] + block.rows[1][b] * net_.dim : nullptr;
      for (std::int64_t f = 0; f < net_.dim; ++f)
        *to++ = item[f] * (net_.product == nullptr ? 1.F : net_.product[f]);
      if (net_.has_tower() && net_.n_hidden() == 0) std::copy_n(net_.first_weight, net_.half, to);
    }
    if (net_.n_hidden() == 0) return;
    // From the head down: gradients [block, width] of each hidden layer's linear outputs.
    const std::int64_t m = block.size;
    above_.resize(size(m * net_.head_inputs));
    for (std::int64_t b = 0; b < m; ++b)
      std::copy_n(net_.head, net_.head_inputs, above_.data() + b * net_.head_inputs);
    for (std::size_t l = net_.n_hidden(); l-- > 0;) {
      const std::int64_t width = net_.width(l);
      for (std::int64_t i = 0; i < m * width; ++i)
        if (!(scratch_.layers[l][size(i)] > 0)) above_[size(i)] = 0;
      if (l == 0) break;
      const PairWeights::Layer& layer = net_.hidden[l - 1];
      below_.resize(size(m * layer.inputs));
      gemm(Transpose::no, Transpose::no, m, layer.inputs, width, above_.data(), width, layer.weight,
           layer.inputs, 0, below_.data(), layer.inputs);
      std::swap(above_, below_);
    }
    const std::int64_t column = (net_.bias[0] != nullptr ? 1 : 0) + net_.dim;
    gemm(Transpose::no, Transpose::no, m, net_.half, net_.first, above_.data(), net_.first, net_.first_weight,
         2 * net_.half, 0, jacobian + column, static_cast<std::int64_t>(stride));
  }

  PairWeights net_;
  std::vector<float> stars_;
  std::vector<std::int32_t> items_, nobody_, slots_;
  FirstLayer first_;
  PairScratch scratch_;
  std::vector<float> above_, below_;
};

}  // namespace

std::unique_ptr<UserRatings> make_user_ratings(PairWeights net, const History& history) {
  return std::make_unique<PairUserRatings>(std::move(net), history);
}

}  // namespace movrec
