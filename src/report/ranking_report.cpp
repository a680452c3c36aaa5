#include "movrec/report/ranking_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/files.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/eval/ranking_metrics.hpp"
#include "movrec/report/csv.hpp"
#include "movrec/report/table.hpp"

namespace movrec {

std::string ranking_table(const std::string& model, const RankingReport& report, bool all_ks) {
  using enum Table::Align;
  const bool is_sampled = report.options.sampled_negatives > 0;
  std::vector<std::int64_t> ks = report.options.ks;
  if (!all_ks) ks = {std::ranges::find(ks, 10) != ks.end() ? 10 : ks.front()};
  std::vector<Table::Column> columns{{fmt::format("lists: {}", format_count(std::ssize(report.users)))},
                                     {"K", right}};
  std::vector<std::string_view> metrics;
  const auto add_column = [&](const auto& metric) {
    columns.push_back({std::string(metric.heading), right});
    metrics.push_back(metric.name);
  };
  std::ranges::for_each(case_metrics(), add_column);
  if (!is_sampled) std::ranges::for_each(list_metrics(), add_column);
  Table table(columns);
  const auto add = [&](const std::string& name, const RankingScores& scores) {
    for (std::size_t k = 0; k < ks.size(); ++k) {
      std::vector<std::string> row{k == 0 ? name : "", fmt::to_string(ks[k])};
      for (const std::string_view metric : metrics) {
        const double value = scores.value(fmt::format("{}@{}", metric, ks[k])).value();
        row.push_back(std::isfinite(value) ? fmt::format("{:.4f}", value) : "-");
      }
      table.add_row(std::move(row));
    }
  };
  add(model, report.model);
  for (const auto& [name, scores] : report.references) add(name + " (reference)", scores);
  std::string text = table.text();
  if (is_sampled)
    text += fmt::format("  sampled: the held-out item among {} random unrated ones, not among all items\n",
                        report.options.sampled_negatives);
  if (report.options.relevant_from > 0)
    text += fmt::format("  relevant: {} stars or more; {} users without such are left out\n",
                        report.options.relevant_from, format_count(report.n_without_relevant));
  return text;
}

void write_cases(const std::string& path, const RankingReport& report, const UserMap& users) {
  write_stream_atomically(path, [&](std::ostream& file) {
    const RankingScores& scores = report.model;
    const auto names = std::span(scores.names).first(scores.n_by_case);
    file << fmt::format("user,relevant,{}\n", fmt::join(names, ","));
    for (std::size_t c = 0; c < report.users.size(); ++c) {
      const auto values = std::span(scores.by_case).subspan(c * scores.n_by_case, scores.n_by_case);
      std::string id = csv_line({users.id(report.users[c]).text});
      id.pop_back();
      file << fmt::format("{},{},{}\n", id, report.n_relevant[c], fmt::join(values, ","));
    }
  });
}

}  // namespace movrec
