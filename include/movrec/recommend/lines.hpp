#pragma once

#include <optional>
#include <span>
#include <vector>

#include "movrec/data/dataset.hpp"
#include "movrec/model/common/model.hpp"
#include "movrec/recommend/explain.hpp"
#include "movrec/recommend/person.hpp"

namespace movrec {

/// A recommendation as people and files see it.
struct Line {
  int rank = 0;
  ItemIdx item{};
  float score = 0;                   ///< what was ranked by: stars, not clipped, or the model's own measure
  float stars = 0;                   ///< clipped
  std::optional<float> deviation{};  ///< of the rating around `stars`, where the model knows it
  std::vector<Reason> reasons{};
};

/// How many ratings explain a recommendation.
inline constexpr std::size_t kReasons = 3;

/// Ranks, and clipped stars beside the scores. Reasons come from the history of `explained`, if there is one.
/// `user_damping` is that of a history's bias, where a model ranks without stars and the biases stand for them.
std::vector<Line> make_lines(const Model&,
                             const Dataset&,
                             double user_damping,
                             const Person&,
                             std::span<const ScoredItem> list,
                             const Person* explained);

}  // namespace movrec
