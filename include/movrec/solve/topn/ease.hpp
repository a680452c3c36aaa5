#pragma once

#include <vector>

#include "movrec/data/ratings.hpp"

namespace movrec {

struct EaseShape {
  double l2 = 500;          ///< λ
  double item_dropout = 0;  ///< p
  double stars_weight = 0;  ///< w
  double mean_stars = 0;    ///< μ

  /// x_ui of a positive pair.
  float value(float stars) const {
    return static_cast<float>(1 + stars_weight * (static_cast<double>(stars) - mean_stars));
  }
};

/// The weights B [n_items, n_items] of the linear model that predicts each item of a user from his others,
/// X ≈ XB with x_ui = 1 + w (stars - μ) for positive pairs, else 0: of all with a zero diagonal the one that
/// minimizes |X - XB|² + λ|B|² (Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019, eq.
/// 8), and with item dropout p of the denoising one (Steck, "Autoencoders that don't overfit towards the
/// identity", NeurIPS 2020, eq. 9), whose penalty of item i is λ + p / (1 - p) Σ_u x_ui². With P = (XᵀX +
/// Λ)⁻¹:
///
///     B_ij = -P_ij / P_jj
///
/// Pairs with less than `min_stars` do not count. 4 bytes for each pair of items; Error{failure} if that is
/// more than the machine has, or there is no solution.
std::vector<float> fit_ease(const Ratings& train, double min_stars, const EaseShape&);

}  // namespace movrec
