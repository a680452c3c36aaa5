#include "movrec/eval/ranking_report.hpp"

#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"

namespace movrec {
namespace {

/// The lookup holds users x items floats: 1 GB at most.
constexpr std::int64_t kLookupCells = 1 << 28;

}  // namespace

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
  if (report.model.n_drawn > 0)
    log_info(
        "in {} of {} lists more items share a score than the shortest list has places: a drawn order decides "
        "among them (‹ranking-seed›)",
        format_count(report.model.n_drawn), format_count(std::ssize(task.cases())));
  for (const RankingCase& asked : task.cases()) {
    report.users.push_back(asked.query.user);
    report.n_relevant.push_back(std::ssize(asked.relevant));
  }
  if (caveat.empty() || part.queries.empty()) return report;
  const Ratings& train = **known.begin();
  if (std::int64_t{train.n_users} * train.n_items <= kLookupCells)
    report.references.emplace_back("lookup", evaluate_lookup(task, train));
  else
    log_warning("no lookup reference: too many users and items");
  return report;
}

}  // namespace movrec
