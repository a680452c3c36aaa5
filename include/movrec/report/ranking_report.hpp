#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "movrec/data/id_map.hpp"
#include "movrec/eval/ranking_report.hpp"

namespace movrec {

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

}  // namespace movrec
