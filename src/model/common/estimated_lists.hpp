#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "model/common/fallback.hpp"
#include "movrec/model/common/model.hpp"
#include "movrec/net/score_estimates.hpp"

namespace movrec {

/// Fills the exact scores of the candidates at these positions.
using ScoreSome = std::function<void(std::span<const std::int32_t> positions, std::span<float> scores)>;

/// best_of where `estimates` are nearly the scores, and exact ones are dear. Asks `score` for those of the
/// best estimates and of some candidates out of the blue, and then of all whose estimate comes within a
/// margin of the n-th best score, until there are no more. The margin is measured, not proven: kErrorMargin
/// times the root mean square of what the estimates have been off by so far. Only a candidate underestimated
/// by more than that could be missed.
std::vector<ScoredItem> best_by_estimate(std::span<const float> estimates,
                                         std::span<const ItemIdx> candidates,
                                         std::span<const ItemIdx> seen,
                                         std::size_t n,
                                         const ScoreSome& score);

/// Errors are no bell curve: of the 18 million pairs of MovieLens 1M the worst is 12 to 26 times the usual
/// one of its user, by the model.
inline constexpr double kErrorMargin = 48;

/// Whether best_by_estimate would ask for few of the scores.
bool estimates_pay(std::size_t n, std::size_t n_candidates);

/// Model::best_items by a net's estimates for these users and items, where the fallback does not know better.
std::vector<std::vector<ScoredItem>> best_by_estimates(const ScoreEstimates&,
                                                       const Fallback&,
                                                       std::span<const UserQuery> users,
                                                       std::span<const ItemIdx> items,
                                                       std::span<const std::span<const ItemIdx>> seen,
                                                       std::size_t n);

}  // namespace movrec
