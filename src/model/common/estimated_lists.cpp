#include "model/common/estimated_lists.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "movrec/kernels/parallel.hpp"

namespace movrec {
namespace {

/// First asked for are the scores of so many of the best estimates per item wanted, of at least
/// kBestEstimates, and of so many candidates out of the blue.
constexpr std::size_t kEstimatesPerItem = 4, kBestEstimates = 40, kOutOfTheBlue = 24;
/// And those should be at most this share of all.
constexpr std::size_t kCandidatesPerScore = 4;
/// A task's estimates stay in the cache.
constexpr std::int64_t kUsersPerTask = 16;

std::size_t n_best_estimates(std::size_t n) {
  return std::max(kEstimatesPerItem * n, kBestEstimates);
}

}  // namespace

std::vector<ScoredItem> best_by_estimate(std::span<const float> estimates,
                                         std::span<const ItemIdx> candidates,
                                         std::span<const ItemIdx> seen,
                                         std::size_t n,
                                         const ScoreSome& score) {
  std::vector<ScoredItem> found;
  if (n == 0) return found;
  std::vector<std::int32_t> asked;
  std::vector<char> was_asked(candidates.size());
  const auto ask = [&](std::size_t k) {
    if (was_asked[k] != 0) return;
    was_asked[k] = 1;
    asked.push_back(static_cast<std::int32_t>(k));
  };
  for (const ScoredItem& one : best_of(estimates, candidates, seen, n_best_estimates(n)))
    ask(static_cast<std::size_t>(std::ranges::lower_bound(candidates, one.item) - candidates.begin()));
  for (std::size_t j = 0; j < kOutOfTheBlue && !candidates.empty(); ++j)
    ask(j * candidates.size() / kOutOfTheBlue);

  std::vector<float> scores;
  double squared_error = 0, n_estimated = 0;
  while (!asked.empty()) {
    scores.resize(asked.size());
    score(asked, scores);
    for (std::size_t j = 0; j < asked.size(); ++j) {
      const auto k = static_cast<std::size_t>(asked[j]);
      const double error = static_cast<double>(estimates[k]) - static_cast<double>(scores[j]);
      squared_error += error * error;
      n_estimated += error == 0 ? 0 : 1;  // some "estimates" are what a fallback says
      if (!std::ranges::binary_search(seen, candidates[k])) found.push_back({candidates[k], scores[j]});
    }
    asked.clear();
    double bar = -std::numeric_limits<double>::infinity();
    if (found.size() >= n) {
      std::ranges::nth_element(found, found.begin() + static_cast<std::ptrdiff_t>(n) - 1, is_better);
      const double usual_error = std::sqrt(squared_error / std::max(n_estimated, 1.0));
      bar = static_cast<double>(found[n - 1].score) - kErrorMargin * usual_error;
    }
    for (std::size_t k = 0; k < candidates.size(); ++k)
      if (static_cast<double>(estimates[k]) >= bar && !std::ranges::binary_search(seen, candidates[k]))
        ask(k);
  }
  std::ranges::sort(found, is_better);
  found.resize(std::min(found.size(), n));
  return found;
}

bool estimates_pay(std::size_t n, std::size_t n_candidates) {
  return (n_best_estimates(n) + kOutOfTheBlue) * kCandidatesPerScore <= n_candidates;
}

std::vector<std::vector<ScoredItem>> best_by_estimates(const ScoreEstimates& net,
                                                       const Fallback& fallback,
                                                       std::span<const UserQuery> users,
                                                       std::span<const ItemIdx> items,
                                                       std::span<const std::span<const ItemIdx>> seen,
                                                       std::size_t n) {
  std::vector<std::vector<ScoredItem>> lists(users.size());
  for_each_task((std::ssize(users) + kUsersPerTask - 1) / kUsersPerTask, [&](std::int64_t task) {
    const std::int64_t begin = task * kUsersPerTask, end = std::min(begin + kUsersPerTask, std::ssize(users));
    const auto block = users.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    std::vector<float> estimates(block.size() * items.size());
    net.estimate(begin, end - begin, estimates.data());
    fallback.replace(block, items, estimates);
    std::vector<ItemIdx> picked;
    for (std::size_t u = 0; u < block.size(); ++u) {
      const std::size_t user = static_cast<std::size_t>(begin) + u;
      const auto score = [&](std::span<const std::int32_t> positions, std::span<float> scores) {
        net.score(static_cast<std::int64_t>(user), positions, scores.data());
        picked.clear();
        for (const std::int32_t k : positions) picked.push_back(items[static_cast<std::size_t>(k)]);
        fallback.replace(block.subspan(u, 1), picked, scores);
      };
      lists[user] = best_by_estimate(std::span(estimates).subspan(u * items.size(), items.size()), items,
                                     seen[user], n, score);
    }
  });
  return lists;
}

}  // namespace movrec
