#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "movrec/checkpoint/checkpoint.hpp"
#include "movrec/cli/parse/command.hpp"
#include "movrec/eval/ranking.hpp"

namespace movrec::cli {

/// Ranking of one part by a model, beside its references.
struct RankingReport {
  RankingOptions options;
  std::vector<UserIdx> users;            ///< by case
  std::vector<std::int64_t> n_relevant;  ///< by case
  std::int64_t n_without_relevant = 0;
  RankingScores model;
  NamedScores references;
};

/// Whether to measure ranking. That it would take long, by model or size, is said on stderr, unless it
/// `may_be_slow`.
bool measures_ranking(const Algorithm&, const Ratings& train, const RankingOptions&, bool may_be_slow);
/// Whether a flag set one of RankingOptions. A file does not count: each run writes them all into its own.
bool asks_for_ranking(const Invocation&);

/// `known` as RankingTask's. With `caveat` (Split), the lookup is among the references.
RankingReport report_ranking(const Model&,
                             const HeldOut&,
                             std::initializer_list<const Ratings*> known,
                             const SideInfo&,
                             const RankingOptions&,
                             std::string_view caveat);

/// The figures at all Ks, or at a single one that stands for them: 10, or else the first.
std::string ranking_table(const std::string& model, const RankingReport&, bool all_ks);
/// user,relevant and each metric by case, as CSV.
void write_cases(const std::string& path, const RankingReport&, const UserMap&);

/// Adds "map@5": …, null where it is not known.
template <class Json>
void add_scores(Json& json, const RankingScores& scores) {
  for (std::size_t m = 0; m < scores.names.size(); ++m)
    json[scores.names[m]] = std::isfinite(scores.values[m]) ? Json(scores.values[m]) : Json(nullptr);
}

/// Adds the figures to json[part], those of the references to json["references"], and "ranking", what they
/// are of.
template <class Json>
void add_ranking(Json& json, std::string_view part, const RankingReport& report) {
  add_scores(json[std::string(part)], report.model);
  for (const auto& [name, scores] : report.references) add_scores(json["references"][name], scores);
  Json about{{"cases", report.users.size()},
             {"without_relevant", report.n_without_relevant},
             {"relevant_from", report.options.relevant_from}};
  if (report.options.sampled_negatives > 0) about["sampled"] = report.options.sampled_negatives;
  json["ranking"] = std::move(about);
}

}  // namespace movrec::cli
