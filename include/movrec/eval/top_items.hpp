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

/// The best `n` of the candidates that are not seen, best first; ties go to the smaller item. Candidates and
/// seen are ascending, `scores` go by candidate.
std::vector<ScoredItem> best_of(std::span<const float> scores,
                                std::span<const ItemIdx> candidates,
                                std::span<const ItemIdx> seen,
                                std::size_t n);

}  // namespace movrec
