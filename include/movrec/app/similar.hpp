#pragma once

#include <string>
#include <vector>

#include "movrec/app/opened_run.hpp"
#include "movrec/recommend/recommender.hpp"

namespace movrec {

/// An item and those most like it, best first; none with a similarity of 0 or less.
struct SimilarItems {
  ItemIdx item{};
  std::vector<ScoredItem> best;
};

/// The items that the run's model finds most like the one that `title` means (title_lookup). Error{usage} for a model
/// that cannot say how alike items are.
SimilarItems most_similar(const OpenedRun&, const std::string& title, const RecommendOptions&);

}  // namespace movrec
