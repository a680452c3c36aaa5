#include "movrec/eval/ranking.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include "movrec/core/progress.hpp"
#include "movrec/core/random.hpp"
#include "movrec/eval/ranking_metrics.hpp"
#include "movrec/model/common/top_items.hpp"

namespace movrec {
namespace {

/// Scores held at once: 16 MB, whatever the number of cases.
constexpr std::size_t kBlockScores = std::size_t{1} << 22;

TopLists empty_lists(const RankingTask& task) {
  const auto& ks = task.options().ks;
  TopLists lists{
      .width = ks.empty() ? 0 : static_cast<std::size_t>(std::ranges::max(ks)), .items = {}, .drawn = {}};
  lists.width = std::min(lists.width, static_cast<std::size_t>(task.n_items()));
  lists.items.assign(task.cases().size() * lists.width, kNoItem);
  lists.drawn.resize(task.cases().size());
  return lists;
}

std::vector<ItemIdx> all_items(const RankingTask& task) {
  std::vector<ItemIdx> items;
  for (std::int32_t i = 0; i < task.n_items(); ++i) items.push_back(ItemIdx{i});
  return items;
}

/// Draws the order of items of one score where there are more of them than the longest list has places, or all tie: by their ids,
/// whoever has the smallest would win every such list, and the metric with it. Of fewer the smaller item comes first, as
/// everywhere. `best` ends with all items of its last score.
bool draw_among_ties(std::vector<ScoredItem>& best, const RankingTask& task, UserIdx user) {
  const auto [fewest, few] = std::ranges::minmax(task.options().ks);
  const std::uint64_t seed = mix_seed(mix_seed(task.options().ranking_seed, 2), index(user));
  bool is_drawn = false;
  for (auto begin = best.begin(); begin != best.end();) {
    const auto end =
        std::find_if(begin, best.end(), [&](const ScoredItem& one) { return one.score != begin->score; });
    const bool are_all = begin == best.begin() && end == best.end();
    if (end - begin > (are_all ? fewest : few)) {
      std::ranges::sort(begin, end, {}, [&](const ScoredItem& one) {
        return std::pair(mix_seed(seed, index(one.item)), one.item);
      });
      is_drawn = true;
    }
    begin = end;
  }
  return is_drawn;
}

/// Adds the candidates of the last score that had no place any more.
void add_rest_of_last_score(std::vector<ScoredItem>& best,
                            std::span<const float> scores,
                            std::span<const ItemIdx> candidates,
                            std::span<const ItemIdx> left_out) {
  const ScoredItem last = best.back();  // the largest item of its score
  for (std::size_t k = 0; k < candidates.size(); ++k)
    if (scores[k] == last.score && candidates[k] > last.item &&
        !std::ranges::binary_search(left_out, candidates[k]))
      best.push_back({candidates[k], scores[k]});
}

void set_list(TopLists& lists, std::size_t c, std::span<const ScoredItem> best) {
  for (std::size_t r = 0; r < std::min(best.size(), lists.width); ++r)
    lists.items[c * lists.width + r] = best[r].item;
}

/// Fills list c from its row of scores of all items.
void fill_list(TopLists& lists,
               std::size_t c,
               const RankingTask& task,
               std::span<const ItemIdx> all,
               std::span<const float> scores) {
  const RankingCase& asked = task.cases()[c];
  std::vector<float> picked;
  for (const ItemIdx item : asked.candidates) picked.push_back(scores[index(item)]);
  const bool is_sampled = !asked.candidates.empty();
  const std::span<const float> by_candidate = is_sampled ? picked : scores;
  const std::span<const ItemIdx> candidates = is_sampled ? asked.candidates : all;
  std::vector<ScoredItem> best = best_of(by_candidate, candidates, asked.left_out, lists.width);
  if (best.empty()) return;
  add_rest_of_last_score(best, by_candidate, candidates, asked.left_out);
  lists.drawn[c] = draw_among_ties(best, task, asked.query.user);
  set_list(lists, c, best);
}

/// Everybody's list is the order of the items by training ratings, without what is not theirs.
TopLists popular_lists(const RankingTask& task) {
  TopLists lists = empty_lists(task);
  if (lists.width == 0) return lists;
  const std::vector<float> counts(task.item_ratings().begin(), task.item_ratings().end());
  const std::vector<ScoredItem> order = best_of(counts, all_items(task), {}, counts.size());
#pragma omp parallel for schedule(static)
  for (std::size_t c = 0; c < task.cases().size(); ++c) {
    const RankingCase& asked = task.cases()[c];
    std::vector<ScoredItem> best;
    for (const ScoredItem& one : order) {
      if (best.size() >= lists.width && one.score != best.back().score) break;
      if ((asked.candidates.empty() || std::ranges::binary_search(asked.candidates, one.item)) &&
          !std::ranges::binary_search(asked.left_out, one.item))
        best.push_back(one);
    }
    lists.drawn[c] = draw_among_ties(best, task, asked.query.user);
    set_list(lists, c, best);
  }
  return lists;
}

/// The first places of a uniform order of the candidates, without what is left out: Fisher-Yates as far as
/// needed.
TopLists random_lists(const RankingTask& task) {
  TopLists lists = empty_lists(task);
  const std::vector<ItemIdx> all = all_items(task);
#pragma omp parallel
  {
    std::vector<ItemIdx> order;
    std::vector<std::size_t> partners;
#pragma omp for schedule(static)
    for (std::size_t c = 0; c < task.cases().size(); ++c) {
      const RankingCase& asked = task.cases()[c];
      const std::span<const ItemIdx> candidates = asked.candidates.empty() ? all : asked.candidates;
      if (order.size() != candidates.size() || !asked.candidates.empty())
        order.assign(candidates.begin(), candidates.end());
      RandomStream random(mix_seed(task.options().ranking_seed, 1), c);
      partners.clear();
      std::size_t filled = 0;
      for (std::size_t at = 0; at < order.size() && filled < lists.width; ++at) {
        partners.push_back(at + random.below(static_cast<std::uint32_t>(order.size() - at)));
        std::swap(order[at], order[partners.back()]);
        if (!std::ranges::binary_search(asked.left_out, order[at]))
          lists.items[c * lists.width + filled++] = order[at];
      }
      while (!partners.empty()) {  // back to ascending, so that the next list does not depend on this one
        std::swap(order[partners.size() - 1], order[partners.back()]);
        partners.pop_back();
      }
    }
  }
  return lists;
}

/// What the users in `train` who gave all ratings of a history rated.
class Lookup {
 public:
  explicit Lookup(const Ratings& train) : n_items_(static_cast<std::size_t>(train.n_items)) {
    stars_.resize(static_cast<std::size_t>(train.n_users) * n_items_);
    for (std::size_t row = 0; row < train.size(); ++row)
      stars_[index(train.users[row]) * n_items_ + index(train.items[row])] = train.stars[row];
  }

  /// The sum of those users' stars by item.
  std::vector<float> find(const History& history) const {
    std::vector<float> sum(n_items_);
    for (std::size_t begin = 0; begin < stars_.size(); begin += n_items_) {
      const auto row = std::span(stars_).subspan(begin, n_items_);
      std::size_t k = 0;
      while (k < history.items.size() && row[index(history.items[k])] == history.stars[k]) ++k;
      if (k == history.items.size()) std::ranges::transform(row, sum, sum.begin(), std::plus());
    }
    return sum;
  }

 private:
  std::size_t n_items_;
  std::vector<float> stars_;  ///< [users, items]
};

}  // namespace

TopLists rank(const Model& model, const RankingTask& task) {
  TopLists lists = empty_lists(task);
  const auto cases = task.cases();
  const auto n_items = static_cast<std::size_t>(task.n_items());
  const std::vector<ItemIdx> all = all_items(task);
  const QuerySupport supported = model.supports();
  const std::size_t block = std::clamp<std::size_t>(kBlockScores / std::max<std::size_t>(n_items, 1), 1,
                                                    std::max<std::size_t>(cases.size(), 1));
  std::vector<float> scores(block * n_items);
  std::vector<UserQuery> queries;
  Progress progress("ranking", std::ssize(cases), "lists");
  for (std::size_t begin = 0; begin < cases.size(); begin += block) {
    const std::size_t n = std::min(block, cases.size() - begin);
    queries.clear();
    for (const RankingCase& asked : cases.subspan(begin, n))
      queries.push_back(supported_part(asked.query, supported));
    model.score(queries, std::span(scores).first(n * n_items));
#pragma omp parallel for schedule(dynamic, 8)
    for (std::size_t k = 0; k < n; ++k)
      fill_list(lists, begin + k, task, all, std::span(scores).subspan(k * n_items, n_items));
    progress.update(static_cast<std::int64_t>(begin + n));
  }
  return lists;
}

RankingScores evaluate_ranking(const Model& model, const RankingTask& task) {
  const TopLists lists = rank(model, task);
  RankingScores scores = measure(lists, task);
  scores.n_drawn = std::ranges::count(lists.drawn, 1);
  return scores;
}

NamedScores evaluate_ranking_references(const RankingTask& task) {
  return {{"popularity", measure(popular_lists(task), task)}, {"random", measure(random_lists(task), task)}};
}

RankingScores evaluate_lookup(const RankingTask& task, const Ratings& train) {
  const Lookup lookup(train);
  const std::vector<ItemIdx> all = all_items(task);
  TopLists lists = empty_lists(task);
#pragma omp parallel for schedule(dynamic, 8)
  for (std::size_t c = 0; c < task.cases().size(); ++c)
    fill_list(lists, c, task, all, lookup.find(task.cases()[c].query.history.value_or(History{})));
  return measure(lists, task);
}

}  // namespace movrec
