#pragma once

#include <cstdint>
#include <vector>

#include "movrec/data/ratings.hpp"

namespace movrec {

/// Weights between items, sparse: those of item i are [begin[i], begin[i + 1]), ascending by `others`.
struct ItemWeights {
  std::vector<std::size_t> begin{0};
  std::vector<std::int32_t> others;
  std::vector<float> weights;
};

/// The similarity of items by who has them, n_ij of n_i and n_j users:
///
///     w_ij = n_ij / (√(n_i n_j) + damping)
///
/// an item's score is the sum of w_ij over a user's items i among its `neighbours` most similar ones
/// (Deshpande and Karypis, "Item-based top-N recommendation algorithms", 2004, damped as in Bell and Koren,
/// 2007); of equally similar ones those with the smaller index. Row i holds the j that count i. Pairs with
/// less than `min_stars` do not count.
ItemWeights fit_item_knn(const Ratings& train, double min_stars, int neighbours, double damping);

}  // namespace movrec
