#include "movrec/ops/hidden_layer.hpp"

#include <algorithm>

#include "kernels/multiversion.hpp"

namespace movrec {

MOVREC_MULTIVERSION
void bias_relu_dropout(float* x, const float* bias, std::int64_t m, std::int64_t n, const Dropped& dropped) {
  for (std::int64_t r = 0; r < m; ++r, x += n) {
    if (dropped.bits == nullptr) {
      for (std::int64_t i = 0; i < n; ++i) x[i] = std::max(x[i] + bias[i], 0.F);
      continue;
    }
    const std::uint16_t* bits = dropped.bits + r * n;
    for (std::int64_t i = 0; i < n; ++i) {
      const float value = std::max(x[i] + bias[i], 0.F) * dropped.scale;
      x[i] = bits[i] < dropped.threshold ? 0.F : value;
    }
  }
}

MOVREC_MULTIVERSION
void gather_bias_relu_dropout(float* x,
                              const float* first,
                              const std::int32_t* first_rows,
                              const float* second,
                              const std::int32_t* second_rows,
                              const float* bias,
                              std::int64_t m,
                              std::int64_t n,
                              const Dropped& dropped) {
  for (std::int64_t r = 0; r < m; ++r, x += n) {
    const float* a = first + first_rows[r] * n;
    const float* b = second + second_rows[r] * n;
    if (dropped.bits == nullptr) {
      for (std::int64_t i = 0; i < n; ++i) x[i] = std::max(a[i] + b[i] + bias[i], 0.F);
      continue;
    }
    const std::uint16_t* bits = dropped.bits + r * n;
    for (std::int64_t i = 0; i < n; ++i) {
      const float value = std::max(a[i] + b[i] + bias[i], 0.F) * dropped.scale;
      x[i] = bits[i] < dropped.threshold ? 0.F : value;
    }
  }
}

MOVREC_MULTIVERSION
void relu_dropout_backward(
    float* gradient, const float* x, float scale, float* bias_gradient, std::int64_t m, std::int64_t n) {
  for (std::int64_t r = 0; r < m; ++r, gradient += n, x += n)
    for (std::int64_t i = 0; i < n; ++i) {
      gradient[i] = x[i] > 0 ? gradient[i] * scale : 0.F;
      bias_gradient[i] += gradient[i];
    }
}

// Sixteen partial sums in a fixed order: the same at any vector width.
MOVREC_MULTIVERSION
float dot(const float* a, const float* b, std::int64_t n) {
  float sums[16] = {};
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16)
    for (int lane = 0; lane < 16; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  for (; i < n; ++i) sums[i % 16] += a[i] * b[i];
  for (int half = 8; half > 0; half /= 2)
    for (int lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  return sums[0];
}

MOVREC_MULTIVERSION
float dot3(const float* a, const float* b, const float* w, std::int64_t n) {
  float sums[16] = {};
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16)
    for (int lane = 0; lane < 16; ++lane) sums[lane] += a[i + lane] * b[i + lane] * w[i + lane];
  for (; i < n; ++i) sums[i % 16] += a[i] * b[i] * w[i];
  for (int half = 8; half > 0; half /= 2)
    for (int lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  return sums[0];
}

MOVREC_MULTIVERSION
void add_scaled(float* y, const float* x, float factor, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] += factor * x[i];
}

MOVREC_MULTIVERSION
void add_product(float* y, const float* a, const float* b, float factor, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] += factor * a[i] * b[i];
}

MOVREC_MULTIVERSION
void scale_where_positive(float* out, const float* x, const float* y, float factor, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = y[i] > 0 ? factor * x[i] : 0.F;
}

}  // namespace movrec
