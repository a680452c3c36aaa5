#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "movrec/eval/ranking.hpp"

namespace movrec {

/// A figure of one list: hits[r] says whether rank r + 1 is relevant; at most k of them, of n_relevant ≥ 1.
struct CaseMetric {
  std::string_view name, heading, summary;
  double (*value)(std::span<const std::uint8_t> hits, std::size_t k, std::size_t n_relevant);
};
std::span<const CaseMetric> case_metrics();

/// A figure of all lists together.
struct ListMetric {
  std::string_view name, heading, summary;
  double (*value)(const TopLists&, std::size_t k, const RankingTask&);
};
std::span<const ListMetric> list_metrics();

/// Whether `name` is METRIC@K with a metric of these tables and a K that is at least 1.
bool is_ranking_metric(std::string_view name);

/// Every metric of the lists at every K of the task; of sampled candidates only those by case.
RankingScores measure(const TopLists&, const RankingTask&);

}  // namespace movrec
