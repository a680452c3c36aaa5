#include "app/ranking_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/eval/ranking_metrics.hpp"
#include "movrec/report/table.hpp"

namespace movrec::cli {
namespace {

/// From so many scores on, users times items, ranking takes longer than many a training (ml-1m has 22
/// million).
constexpr std::int64_t kManyScores = 200'000'000;

/// The lookup holds users x items floats: 1 GB at most.
constexpr std::int64_t kLookupCells = 1 << 28;

}  // namespace

bool asks_for_ranking(const Invocation& invocation) {
  RankingOptions options;
  return std::ranges::any_of(option_refs(options), [&](const OptionRef& option) {
    return invocation.origin(option.field.name) == Origin::flag;
  });
}

bool measures_ranking(const Algorithm& algorithm,
                      const Ratings& train,
                      const RankingOptions& options,
                      bool may_be_slow) {
  if (options.ks.empty()) return false;
  const bool is_large = std::int64_t{train.n_users} * train.n_items > kManyScores;
  if ((algorithm.ranks_slowly || is_large) && !may_be_slow) {
    spdlog::info("scores of all items take long {}: `movrec evaluate` measures ranking, or --ks",
                 is_large ? "on so much data" : fmt::format("with {}", algorithm.name));
    return false;
  }
  return true;
}

RankingReport report_ranking(const Model& model,
                             const HeldOut& part,
                             std::initializer_list<const Ratings*> known,
                             const SideInfo& side,
                             const RankingOptions& options,
                             std::string_view caveat) {
  const RankingTask task(part, known, side, options);
  RankingReport report{.options = options,
                       .users = {},
                       .n_relevant = {},
                       .n_without_relevant = task.n_without_relevant(),
                       .model = evaluate_ranking(model, task),
                       .references = evaluate_ranking_references(task)};
  for (const RankingCase& asked : task.cases()) {
    report.users.push_back(asked.query.user);
    report.n_relevant.push_back(std::ssize(asked.relevant));
  }
  if (caveat.empty()) return report;
  const Ratings& train = **known.begin();
  if (std::int64_t{train.n_users} * train.n_items <= kLookupCells)
    report.references.emplace_back("lookup", evaluate_lookup(task, train));
  else
    spdlog::warn("no lookup reference: too many users and items");
  return report;
}

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
      file << fmt::format("{},{},{}\n", number(users.id(report.users[c])), report.n_relevant[c],
                          fmt::join(values, ","));
    }
  });
}

}  // namespace movrec::cli
