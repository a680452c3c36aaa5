#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "movrec/core/ids.hpp"

namespace movrec {

struct ScoredItem {
  ItemIdx item{};
  float score = 0;
};

/// The order of lists: best first, ties go to the smaller item.
inline constexpr auto is_better = [](const ScoredItem& a, const ScoredItem& b) {
  return a.score > b.score || (a.score == b.score && a.item < b.item);
};

/// The best `n` of the candidates that are not seen, in that order. Candidates and seen are ascending,
/// `scores` go by candidate.
std::vector<ScoredItem> best_of(std::span<const float> scores,
                                std::span<const ItemIdx> candidates,
                                std::span<const ItemIdx> seen,
                                std::size_t n);

/// The same for each row of scores [seen.size(), candidates.size()], on all threads.
std::vector<std::vector<ScoredItem>> best_of_rows(std::span<const float> scores,
                                                  std::span<const ItemIdx> candidates,
                                                  std::span<const std::span<const ItemIdx>> seen,
                                                  std::size_t n);

}  // namespace movrec
