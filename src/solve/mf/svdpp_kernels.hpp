#pragma once

#include <cstddef>
#include <cstdint>

namespace movrec {

/// Widths of factor rows are padded with zeros to a multiple of this, and updates keep the zeros.
constexpr std::size_t kSvdppLanes = 16;

/// A user of a batch on his way through his ratings.
struct SvdppUser {
  float *p, *x;  ///< [dim]: his own factors, and the sum that his items give him
  float* g;      ///< [dim] Σ e q, to be added to
  float bias, offset;
};
struct SvdppUserRates {
  float lr, keep, keep_x;
};

/// One user's ratings in their order; leaves each one's error. Returns the sum of their squares.
double run_svdpp_user(const std::int32_t* items,
                      const float* stars,
                      std::size_t n,
                      const float* item_factors,
                      const float* item_bias,
                      std::size_t dim,
                      const SvdppUserRates& rates,
                      SvdppUser& user,
                      float* errors);

/// That a user of the batch has rated an item: which of the batch's users, which of its ratings.
struct SvdppVisit {
  std::int32_t item, user, rating;
};
struct SvdppItemRates {
  float lr, keep_y, keep_bias;
  const float* l2;  ///< [n_items]
};

/// Visits in their order; `moves` [users, 2 dim] has each one's z and |N|^-½ Σ e q.
void run_svdpp_items(const SvdppVisit* visits,
                     std::size_t n,
                     const float* errors,
                     const float* moves,
                     std::size_t dim,
                     const SvdppItemRates& rates,
                     float* item_factors,
                     float* implicit_factors,
                     float* item_bias);

}  // namespace movrec
