#include "movrec/eval/ranking_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

namespace movrec {
namespace {

using Hits = std::span<const std::uint8_t>;
constexpr double kNotKnown = std::numeric_limits<double>::quiet_NaN();

double count(Hits hits) {
  return static_cast<double>(std::accumulate(hits.begin(), hits.end(), 0));
}

double average_precision(Hits hits, std::size_t k, std::size_t n_relevant) {
  double found = 0, sum = 0;
  for (std::size_t r = 0; r < hits.size(); ++r)
    if (hits[r] != 0) sum += ++found / static_cast<double>(r + 1);
  return sum / static_cast<double>(std::max<std::size_t>(1, std::min(n_relevant, k)));
}
double precision(Hits hits, std::size_t k, std::size_t) {
  return count(hits) / static_cast<double>(k);
}
double recall(Hits hits, std::size_t, std::size_t n_relevant) {
  return count(hits) / static_cast<double>(n_relevant);
}
double ndcg(Hits hits, std::size_t k, std::size_t n_relevant) {
  double gain = 0, ideal = 0;
  for (std::size_t r = 0; r < std::max(hits.size(), std::min(k, n_relevant)); ++r) {
    const double weight = 1 / std::log2(static_cast<double>(r + 2));
    if (r < hits.size() && hits[r] != 0) gain += weight;
    if (r < std::min(k, n_relevant)) ideal += weight;
  }
  return gain / ideal;
}
double hit_rate(Hits hits, std::size_t, std::size_t) {
  return count(hits) > 0 ? 1 : 0;
}
double reciprocal_rank(Hits hits, std::size_t, std::size_t) {
  const auto first = std::ranges::find(hits, std::uint8_t{1});
  return first == hits.end() ? 0 : 1 / static_cast<double>(first - hits.begin() + 1);
}
/// The harmonic mean of precision and recall (van Rijsbergen, "Information retrieval", 1979, chapter 7).
double f1(Hits hits, std::size_t k, std::size_t n_relevant) {
  return 2 * count(hits) / static_cast<double>(k + n_relevant);
}

constexpr std::array kCaseMetrics{
    CaseMetric{"map", "MAP", "sum of the precisions at the hits / min(relevant items, K)", average_precision},
    CaseMetric{"mrp", "MRP", "precision: hits among the first K / K", precision},
    CaseMetric{"recall", "recall", "hits among the first K / relevant items", recall},
    CaseMetric{"ndcg", "NDCG", "sum of 1 / log2(rank + 1) of the hits / the largest possible sum", ndcg},
    CaseMetric{"hr", "HR", "1 if there is a hit among the first K", hit_rate},
    CaseMetric{"mrr", "MRR", "1 / rank of the first hit", reciprocal_rank},
    CaseMetric{"f1", "F1", "harmonic mean of precision and recall", f1},
};

/// The first k places of list c, without empty ones.
std::span<const ItemIdx> head(const TopLists& lists, std::size_t c, std::size_t k) {
  const auto list = lists.of(c).first(std::min(k, lists.width));
  return list.first(static_cast<std::size_t>(std::ranges::find(list, kNoItem) - list.begin()));
}

/// The mean of value(list) over lists for which it is known, summed in their order.
template <class Value>
double mean_over_lists(const TopLists& lists, std::size_t k, const RankingTask& task, const Value& value) {
  std::vector<double> values(task.cases().size());
#pragma omp parallel for schedule(static)
  for (std::size_t c = 0; c < values.size(); ++c) values[c] = value(head(lists, c, k));
  double sum = 0;
  std::int64_t n = 0;
  for (const double x : values)
    if (!std::isnan(x)) sum += x, ++n;
  return n > 0 ? sum / static_cast<double>(n) : kNotKnown;
}

std::vector<std::int64_t> times_listed(const TopLists& lists, std::size_t k, const RankingTask& task) {
  std::vector<std::int64_t> times(static_cast<std::size_t>(task.n_items()));
  for (std::size_t c = 0; c < task.cases().size(); ++c)
    for (const ItemIdx item : head(lists, c, k)) ++times[index(item)];
  return times;
}

double coverage(const TopLists& lists, std::size_t k, const RankingTask& task) {
  const std::vector<std::int64_t> times = times_listed(lists, k, task);
  return 1 - static_cast<double>(std::ranges::count(times, 0)) / static_cast<double>(times.size());
}

/// Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender systems", PNAS 2010.
double novelty(const TopLists& lists, std::size_t k, const RankingTask& task) {
  return mean_over_lists(lists, k, task, [&](std::span<const ItemIdx> list) {
    double bits = 0;
    for (const ItemIdx item : list)
      bits += std::log2(static_cast<double>(task.n_train_users()) /
                        std::max(task.item_ratings()[index(item)], 1));
    return list.empty() ? kNotKnown : bits / static_cast<double>(list.size());
  });
}

/// Jaccard similarities of genre sets. Few sets are different, so those of all pairs are computed beforehand.
class GenreSimilarity {
 public:
  explicit GenreSimilarity(std::span<const std::uint32_t> genre_bits) {
    std::vector<std::uint32_t> sets(genre_bits.begin(), genre_bits.end());
    std::ranges::sort(sets);
    sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
    n_sets_ = sets.size();
    for (const std::uint32_t bits : genre_bits)
      set_of_.push_back(static_cast<std::uint32_t>(std::ranges::lower_bound(sets, bits) - sets.begin()));
    for (const std::uint32_t a : sets)
      for (const std::uint32_t b : sets)
        table_.push_back((a & b) == 0 ? 0 : static_cast<double>(std::popcount(a & b)) / std::popcount(a | b));
  }
  double operator()(ItemIdx a, ItemIdx b) const {
    return table_[set_of_[index(a)] * n_sets_ + set_of_[index(b)]];
  }

 private:
  std::size_t n_sets_ = 0;
  std::vector<std::uint32_t> set_of_;  ///< by item
  std::vector<double> table_;          ///< [n_sets, n_sets]
};

double diversity(const TopLists& lists, std::size_t k, const RankingTask& task) {
  if (task.genre_bits().empty()) return kNotKnown;
  const GenreSimilarity similarity(task.genre_bits());
  return mean_over_lists(lists, k, task, [&](std::span<const ItemIdx> list) {
    if (list.size() < 2) return kNotKnown;
    double alike = 0;
    for (std::size_t a = 0; a < list.size(); ++a)
      for (std::size_t b = 0; b < a; ++b) alike += similarity(list[a], list[b]);
    return 1 - alike / (static_cast<double>(list.size() * (list.size() - 1)) / 2);
  });
}

/// An item that t lists hold is in t (t - 1) / 2 intersections of two of them.
double overlap(const TopLists& lists, std::size_t k, const RankingTask& task) {
  const auto n = static_cast<double>(task.cases().size());
  if (n < 2) return kNotKnown;
  double shared = 0;
  for (const std::int64_t times : times_listed(lists, k, task))
    shared += static_cast<double>(times * (times - 1)) / 2;
  return shared / (n * (n - 1) / 2) / static_cast<double>(k);
}

constexpr std::array kListMetrics{
    ListMetric{"coverage", "coverage", "share of all items that are in a list", coverage},
    ListMetric{"novelty", "novelty", "mean of log2(training users / training ratings of the item)", novelty},
    ListMetric{"diversity", "diversity", "1 - mean Jaccard similarity of two items' genres", diversity},
    ListMetric{"overlap", "overlap", "share of their items that two lists have in common", overlap},
};

/// Figures of list c, metric by metric and K by K.
void measure_case(const TopLists& lists, std::size_t c, const RankingTask& task, std::span<double> out) {
  const RankingCase& asked = task.cases()[c];
  std::vector<std::uint8_t> hits;
  for (const ItemIdx item : head(lists, c, lists.width))
    hits.push_back(std::ranges::binary_search(asked.relevant, item) ? 1 : 0);
  auto to = out.begin();
  for (const CaseMetric& metric : kCaseMetrics)
    for (const std::int64_t k : task.options().ks) {
      const auto length = static_cast<std::size_t>(k);
      *to++ = metric.value(Hits(hits).first(std::min(length, hits.size())), length, asked.relevant.size());
    }
}

}  // namespace

std::span<const CaseMetric> case_metrics() {
  return kCaseMetrics;
}
std::span<const ListMetric> list_metrics() {
  return kListMetrics;
}

bool is_ranking_metric(std::string_view name) {
  const std::size_t at = name.find('@');
  if (at == std::string_view::npos) return false;
  const auto is_it = [&](const auto& metric) { return metric.name == name.substr(0, at); };
  const std::string_view k = name.substr(at + 1);
  return (std::ranges::any_of(kCaseMetrics, is_it) || std::ranges::any_of(kListMetrics, is_it)) &&
         !k.empty() && k[0] != '0' && std::ranges::all_of(k, [](char c) { return '0' <= c && c <= '9'; });
}

RankingScores measure(const TopLists& lists, const RankingTask& task) {
  const auto& ks = task.options().ks;
  const std::size_t n_cases = task.cases().size();
  RankingScores scores;
  for (const CaseMetric& metric : kCaseMetrics)
    for (const std::int64_t k : ks) scores.names.push_back(fmt::format("{}@{}", metric.name, k));
  scores.n_by_case = scores.names.size();
  scores.by_case.resize(n_cases * scores.n_by_case);
#pragma omp parallel for schedule(static)
  for (std::size_t c = 0; c < n_cases; ++c)
    measure_case(lists, c, task, std::span(scores.by_case).subspan(c * scores.n_by_case, scores.n_by_case));

  scores.values.assign(scores.n_by_case, 0);
  for (std::size_t c = 0; c < n_cases; ++c)
    for (std::size_t m = 0; m < scores.n_by_case; ++m)
      scores.values[m] += scores.by_case[c * scores.n_by_case + m];
  for (double& value : scores.values) value = n_cases > 0 ? value / static_cast<double>(n_cases) : kNotKnown;
  if (task.options().sampled_negatives > 0) return scores;
  for (const ListMetric& metric : kListMetrics)
    for (const std::int64_t k : ks) {
      scores.names.push_back(fmt::format("{}@{}", metric.name, k));
      scores.values.push_back(metric.value(lists, static_cast<std::size_t>(k), task));
    }
  return scores;
}

std::optional<double> RankingScores::value(std::string_view name) const {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return values[static_cast<std::size_t>(found - names.begin())];
}

}  // namespace movrec
