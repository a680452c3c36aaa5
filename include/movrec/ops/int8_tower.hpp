#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace movrec {

/// A linear layer's weights, [outputs, inputs] and [outputs].
struct DenseLayer {
  const float* weight;
  const float* bias;
  std::int64_t outputs, inputs;
};

/// A multi-layer perceptron over pairs (user, item), as Int8Tower reads it. Its first layer is linear in the
/// two halves of its input and stands here by what it makes of each user and each item.
struct FloatTower {
  std::span<const float> of_users, of_items;  ///< [U, first], [I, first]: summed with the bias, then ReLU
  const float* first_bias;
  std::int64_t first;
  std::span<const DenseLayer> hidden;  ///< from the second on, at least one; each with ReLU
  const float* head;                   ///< [outputs of the last]
  /// For each of `hidden` but the last: about the largest outputs [outputs]; what is larger counts as these.
  std::span<const std::vector<float>> largest;
};

/// Estimates of a FloatTower's outputs for all pairs of the users and items in 8-bit integers: inputs of
/// layers unsigned with a scale per feature, weights signed with a scale per output, sums in 32 bits (as
/// Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only
/// inference", CVPR 2018). The last layer's outputs and the head are floats.
class Int8Tower {
 public:
  /// Reads all of the tower now, once.
  explicit Int8Tower(const FloatTower&);

  /// Whether this CPU has the instructions (AVX-512 VNNI) that make it several times as fast as floats.
  static bool is_fast();

  /// Adds to out [n, I] the estimates for users begin … begin + n. For CPUs where is_fast().
  void add_estimates(std::int64_t begin, std::int64_t n, float* out) const;
  /// The same to the bit by plain loops, on any CPU: the reference.
  void add_reference(std::int64_t begin, std::int64_t n, float* out) const;

 private:
  struct Layer {
    std::int64_t outputs, inputs;
    std::vector<std::int8_t> weight;  ///< [outputs / 8, inputs / 4, 8, 4]
    std::vector<float> scale, bias;   ///< [outputs]: of the 32-bit sums, in units of the outputs

    std::size_t place_of(std::int64_t output, std::int64_t input) const;
  };
  struct Kernel;

  std::size_t place_of(std::int64_t item, std::int64_t feature) const;
  void add_first_layer(const FloatTower&);
  Layer quantise(const DenseLayer&,
                 std::span<const float> input_scale,
                 std::span<const float> output_scale) const;

  std::int64_t n_items_, first_;                   ///< `first_` is a multiple of 8, and so are all widths
  std::vector<float> first_scale_;                 ///< [first] of a unit of the first layer's 8-bit outputs
  std::vector<std::int16_t> of_users_, of_items_;  ///< in 1/64 of that; [U, first], and where place_of says
  std::vector<Layer> layers_;
  std::vector<float> head_;
};

}  // namespace movrec
