#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "movrec/eval/ranking.hpp"

namespace movrec {

/// Ranking of one part by a model, beside its references.
struct RankingReport {
  RankingOptions options;
  std::vector<UserIdx> users;            ///< by case
  std::vector<std::int64_t> n_relevant;  ///< by case
  std::int64_t n_without_relevant = 0;
  RankingScores model;
  NamedScores references;
};

/// `known` as RankingTask's. With `caveat` (Split), the lookup is among the references of queries.
RankingReport report_ranking(const Model&,
                             const HeldOut&,
                             std::initializer_list<const Ratings*> known,
                             const SideInfo&,
                             const RankingOptions&,
                             std::string_view caveat);

}  // namespace movrec
