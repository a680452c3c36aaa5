#include "model/common/cosines.hpp"

#include <cmath>

namespace movrec {

void cosines(std::span<const float> rows,
             std::span<const std::int32_t> known,
             ItemIdx item,
             std::span<float> out) {
  const std::size_t n = known.size(), dim = rows.size() / n;
  const auto product = [&](std::size_t a, std::size_t b) {
    double sum = 0;
    for (std::size_t f = 0; f < dim; ++f)
      sum += static_cast<double>(rows[a * dim + f]) * static_cast<double>(rows[b * dim + f]);
    return sum;
  };
  const std::size_t own = index(item);
  const double own_squares = known[own] != 0 ? product(own, own) : 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double squares = known[i] != 0 ? product(i, i) : 0;
    out[i] = own_squares > 0 && squares > 0
                 ? static_cast<float>(product(own, i) / std::sqrt(own_squares * squares))
                 : 0.F;
  }
}

}  // namespace movrec
