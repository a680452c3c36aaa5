#include <cmath>

#include "movrec/solve/bfm/bfm_posterior.hpp"
#include "solve/bfm/bfm_kernels.hpp"

namespace movrec {

void BfmPosterior::similarities(ItemIdx item, std::span<float> out) const {
  const Table& items = tables_[kItem];
  const auto rank = static_cast<std::size_t>(rank_);
  const std::size_t own = static_cast<std::size_t>(item_rows_[index(item)]);
  std::vector<double> sums(items.n);
  std::vector<float> target(rank), q(rank);
  const auto product = [&](std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t f = 0; f < rank; ++f) sum += static_cast<double>(a[f]) * static_cast<double>(b[f]);
    return sum;
  };
  for (std::size_t draw = 0; draw < n_draws(); ++draw) {
    const float* const mean = items.mean.data() + draw * (rank + 1);
    const auto read = [&](std::size_t row, std::span<float> to) {
      bfm::decode(items.codes.data() + (draw * items.n + row) * rank, items.scales.data() + draw * rank, to);
      for (std::size_t f = 0; f < rank; ++f) to[f] -= mean[f];
    };
    read(own, target);
    const double own_squares = product(target, target);
    for (std::size_t row = 0; row < items.n; ++row) {
      if (items.known[row] == 0) continue;
      read(row, q);
      const double squares = own_squares * product(q, q);
      if (squares > 0) sums[row] += product(target, q) / std::sqrt(squares);
    }
  }
  const bool known = items.known[own] != 0 && n_draws() > 0;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = known ? static_cast<float>(sums[static_cast<std::size_t>(item_rows_[i])] /
                                        static_cast<double>(n_draws()))
                   : 0.F;
}

}  // namespace movrec
