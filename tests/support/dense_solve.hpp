#pragma once

#include <cstdint>
#include <vector>

#include "movrec/core/random.hpp"

namespace movrec::test {

/// N(0, 1) numbers of a seed.
inline std::vector<float> normals(std::size_t n, std::uint64_t seed) {
  RandomStream random(seed, 0);
  std::vector<float> out(n);
  for (float& value : out) value = static_cast<float>(random.normal());
  return out;
}

/// matrix · x = rhs in double, by elimination without pivoting.
inline std::vector<double> solved(std::vector<double> matrix, std::vector<double> rhs) {
  const std::size_t n = rhs.size();
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = matrix[i * n + k] / matrix[k * n + k];
      for (std::size_t j = k; j < n; ++j) matrix[i * n + j] -= factor * matrix[k * n + j];
      rhs[i] -= factor * rhs[k];
    }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) rhs[k] -= matrix[k * n + j] * rhs[j];
    rhs[k] /= matrix[k * n + k];
  }
  return rhs;
}

}  // namespace movrec::test
