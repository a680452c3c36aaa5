#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace movrec {

/// Products of all `left` with all `right` vectors of length n, [left, right]. Summed in an order that does
/// not depend on the number of threads.
std::vector<double> products(std::span<const float* const> left,
                             std::span<const float* const> right,
                             std::size_t n);

/// out = Σ_k factors[k] vectors[k]; `out` may be one of them only as the first.
void combine(std::span<const float* const> vectors,
             std::span<const float> factors,
             std::size_t n,
             float* out);

/// out = a - b.
void subtract(const float* a, const float* b, std::size_t n, float* out);

}  // namespace movrec
