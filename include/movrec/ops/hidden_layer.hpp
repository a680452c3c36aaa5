#pragma once

#include <cstdint>

namespace movrec {

/// Which elements a fused activation drops; null bits: none.
struct Dropped {
  const std::uint16_t* bits = nullptr;  ///< [m, n], of dropout_bits
  std::uint32_t threshold = 0;
  float scale = 1;  ///< of those kept
};

/// x [m, n] = dropout(relu(x + bias)), in place; bias [n].
void bias_relu_dropout(float* x, const float* bias, std::int64_t m, std::int64_t n, const Dropped&);

/// x [m, n] = dropout(relu(first[i] + second[j] + bias)) with rows i, j of the two tables by `first_rows`,
/// `second_rows` [m]: a linear layer over two concatenated inputs whose halves are multiplied beforehand.
void gather_bias_relu_dropout(float* x,
                              const float* first,
                              const std::int32_t* first_rows,
                              const float* second,
                              const std::int32_t* second_rows,
                              const float* bias,
                              std::int64_t m,
                              std::int64_t n,
                              const Dropped&);

/// The way back through both: gradient [m, n] becomes that of the layer's linear output, given its own output
/// `x`, which is above zero exactly where a unit was active and kept. Adds the columns' sums to
/// bias_gradient.
void relu_dropout_backward(
    float* gradient, const float* x, float scale, float* bias_gradient, std::int64_t m, std::int64_t n);

/// Σ a_i b_i.
float dot(const float* a, const float* b, std::int64_t n);
/// Σ a_i b_i w_i.
float dot3(const float* a, const float* b, const float* w, std::int64_t n);
/// y += factor x.
void add_scaled(float* y, const float* x, float factor, std::int64_t n);
/// y += factor a b, element by element.
void add_product(float* y, const float* a, const float* b, float factor, std::int64_t n);
/// out[i] = factor x_i where y_i > 0, else 0.
void scale_where_positive(float* out, const float* x, const float* y, float factor, std::int64_t n);

}  // namespace movrec
