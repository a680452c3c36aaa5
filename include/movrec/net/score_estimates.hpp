#pragma once

#include <cstdint>
#include <span>

namespace movrec {

/// Scores of some users and items of which only the best matter: cheap estimates of all, exact ones of those
/// that are asked for. Members may be called from several threads at once.
class ScoreEstimates {
 public:
  virtual ~ScoreEstimates() = default;
  /// Estimated stars [n, I] of users begin … begin + n and all items.
  virtual void estimate(std::int64_t begin, std::int64_t n, float* stars) const = 0;
  /// Stars of one user and the items at these positions, as Net::score_rows has them.
  virtual void score(std::int64_t user, std::span<const std::int32_t> items, float* stars) const = 0;
};

}  // namespace movrec
