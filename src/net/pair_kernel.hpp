#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "movrec/net/net.hpp"
#include "movrec/ops/dropout.hpp"
#include "movrec/ops/int8_tower.hpp"
#include "movrec/ops/rating_head.hpp"
#include "movrec/ops/row_gradients.hpp"

namespace movrec {

class PairNet;

/// A PairNet's weights on the CPU as raw arrays, for the kernels. The net must outlive it, its weights must
/// not be replaced meanwhile.
struct PairWeights {
  explicit PairWeights(const PairNet&);

  using Layer = DenseLayer;
  using Sides =
      std::array<const float*, 2>;  ///< the user's, the item's table; null: the net has no such part

  Sides bias{}, factors{}, towers{};
  std::int64_t dim = 0;            ///< of the factors
  const float* product = nullptr;  ///< [dim], or null: all ones
  std::int64_t half = 0;           ///< width of a tower's embedding
  std::int64_t first = 0;          ///< outputs of the tower's first layer
  const float* first_weight =
      nullptr;  ///< [first, 2 half]: the first hidden layer, or the head if there is none
  const float* first_bias = nullptr;  ///< null where the head is first
  std::vector<Layer> hidden;          ///< from the second on
  const float* head = nullptr;        ///< [head_inputs], after at least one hidden layer
  std::int64_t head_inputs = 0;
  float offset = 0;  ///< with the head's bias
  HeadKernel stars;  ///< what the raw sum becomes
  double dropout = 0;

  bool has_tower() const { return half > 0; }
  /// Width of the output of hidden layer `l`, the first included.
  std::int64_t width(std::size_t l) const { return l == 0 ? first : hidden[l - 1].outputs; }
  std::size_t n_hidden() const { return head == nullptr ? 0 : hidden.size() + 1; }
};

/// What the first layer makes of single users and items: it is linear in the two halves of its input, so each
/// is multiplied once, however often it is used.
struct FirstLayer {
  std::array<std::vector<float>, 2> inputs;   ///< [rows, half]
  std::array<std::vector<float>, 2> outputs;  ///< [rows, first]
};

/// Gathers the embeddings rows[s] of each side and multiplies them.
void run_first_layer(const PairWeights&,
                     const std::array<std::span<const std::int64_t>, 2>& rows,
                     FirstLayer&);

/// One block of pairs: rows of the tables and of the first layer's outputs, by side.
struct PairBlock {
  std::int64_t size = 0;
  std::array<const std::int32_t*, 2> rows{};   ///< of bias and factors
  std::array<const std::int32_t*, 2> slots{};  ///< of FirstLayer
};

/// Buffers of one block; a thread's own.
struct PairScratch {
  std::vector<std::vector<float>> layers;     ///< outputs of the hidden layers [size, width(l)]
  std::vector<std::vector<float>> gradients;  ///< of their linear outputs, the first excepted
  std::vector<std::uint16_t> bits;
  std::vector<float> raw;  ///< [size] sums of all parts, before they become stars
};

inline constexpr std::int64_t kPairBlock =
    256;  ///< pairs at once: their layers stay in the cache, BLAS has enough to do

/// raw = the sum of all parts for each pair. With `dropout`, `begin` is the block's first
/// position in its batch, a multiple of kPairBlock.
void forward_block(const PairWeights&,
                   const FirstLayer&,
                   const PairBlock&,
                   const DropoutStep* dropout,
                   std::int64_t begin,
                   PairScratch&);

/// Stars [B] of pairs, users [B], items [B] int32.
at::Tensor predict_pairs(const PairWeights&, const at::Tensor& users, const at::Tensor& items);

}  // namespace movrec
