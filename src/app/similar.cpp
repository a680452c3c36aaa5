#include "movrec/app/similar.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "movrec/app/title_lookup.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"

namespace movrec {
namespace {

[[noreturn]] void fail_without_similarities(const OpenedRun& run) {
  throw Error(ErrorKind::usage, fmt::format("{} cannot say how alike items are", run.algorithm()),
              "it has learned no weights or factors that two items share",
              "movrec train (its default model can), then movrec similar");
}

std::vector<ScoredItem> best_like(const OpenedRun& run, ItemIdx item, const RecommendOptions& options) {
  std::vector<float> all(static_cast<std::size_t>(run.dataset.items.size()));
  run.model->item_similarities(item, all);
  const std::vector<ItemIdx> candidates =
      find_candidates(run.dataset, run.train, options, min_ratings_of(options, run.train));
  std::vector<float> scores;
  for (const ItemIdx candidate : candidates) scores.push_back(all[index(candidate)]);
  const SameTitles same_titles(run.dataset.catalog);
  std::vector<ScoredItem> best =
      best_of(scores, candidates, same_titles.with_others(std::span(&item, 1)), candidates.size());
  drop_repeated_titles(best, same_titles);
  best.resize(std::min(best.size(), static_cast<std::size_t>(options.top)));
  std::erase_if(best, [](const ScoredItem& one) { return one.score <= 0; });
  return best;
}

}  // namespace

SimilarItems most_similar(const OpenedRun& run, const std::string& title, const RecommendOptions& options) {
  if (!run.model->knows_similarities()) fail_without_similarities(run);
  const ItemIdx item = resolve_item(title_search(run), "movrec similar", title, false);
  SimilarItems similar{item, best_like(run, item, options)};
  if (similar.best.empty()) log_warning("{} knows nothing like it that passes the filters", run.algorithm());
  return similar;
}

}  // namespace movrec
