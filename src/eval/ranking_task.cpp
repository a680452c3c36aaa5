#include <algorithm>
#include <utility>

#include "movrec/core/error.hpp"
#include "movrec/core/random.hpp"
#include "movrec/eval/ranking.hpp"

namespace movrec {
namespace {

bool has(std::span<const ItemIdx> items, ItemIdx item) {
  return std::ranges::binary_search(items, item);
}

}  // namespace

RankingTask::RankingTask(const HeldOut& part,
                         std::initializer_list<const Ratings*> known,
                         const SideInfo& side,
                         RankingOptions options)
    : options_(std::move(options)), item_ratings_(ratings_per_item(**known.begin())) {
  const std::vector<std::int32_t> user_ratings = ratings_per_user(**known.begin());
  n_train_users_ = std::ranges::count_if(user_ratings, [](std::int32_t n) { return n > 0; });
  if (!side.items.genre_names.empty()) genre_bits_ = side.items.genre_bits;
  if (part.queries.empty()) {
    seen_ = SeenItems(known);
    add_users(part.rows);
  } else {
    add_queries(part);
  }
  if (options_.sampled_negatives > 0) sample_candidates();
}

void RankingTask::add_users(const Ratings& rows) {
  std::vector<bool> asked(static_cast<std::size_t>(rows.n_users));
  std::vector<RowIdx> relevant;
  for (RowIdx row = 0; row < rows.size(); ++row) {
    asked[index(rows.users[row])] = true;
    if (static_cast<double>(rows.stars[row]) >= options_.relevant_from || options_.relevant_from == 0)
      relevant.push_back(row);
  }
  const SeenItems wanted(rows.subset(relevant));
  hits_.reserve(relevant.size());  // so that spans of it stay valid
  for (std::size_t u = 0; u < asked.size(); ++u) {
    if (!asked[u]) continue;
    const UserIdx user{static_cast<std::int32_t>(u)};
    const std::size_t begin = hits_.size();
    for (const ItemIdx item : wanted.of(user)) {
      const bool is_repeated = hits_.size() > begin && hits_.back() == item;
      if (!is_repeated && !has(seen_.of(user), item)) hits_.push_back(item);
    }
    if (hits_.size() == begin)
      ++n_without_relevant_;
    else
      cases_.push_back({{.user = user}, seen_.of(user), std::span(hits_).subspan(begin)});
  }
}

void RankingTask::add_queries(const HeldOut& part) {
  queries_.emplace(part);
  std::size_t n_hidden = 0;
  for (const SplitQuery& query : part.queries) n_hidden += query.hidden.size();
  hits_.reserve(n_hidden);
  std::vector<ItemIdx> items;
  for (std::size_t q = 0; q < part.queries.size(); ++q) {
    const UserQuery query = queries_->of(q);
    items.clear();
    for (const std::uint32_t row : part.queries[q].hidden)
      if ((static_cast<double>(part.rows.stars[row]) >= options_.relevant_from ||
           options_.relevant_from == 0) &&
          !has(query.history->items, part.rows.items[row]))
        items.push_back(part.rows.items[row]);
    std::ranges::sort(items);
    items.erase(std::unique(items.begin(), items.end()), items.end());
    if (items.empty()) {
      ++n_without_relevant_;
      continue;
    }
    const std::size_t begin = hits_.size();
    hits_.insert(hits_.end(), items.begin(), items.end());
    cases_.push_back({query, query.history->items, std::span(hits_).subspan(begin)});
  }
}

void RankingTask::sample_candidates() {
  const auto n_negatives = static_cast<std::size_t>(options_.sampled_negatives);
  sampled_.reserve(cases_.size() * (n_negatives + 1));
  for (std::size_t c = 0; c < cases_.size(); ++c) {
    RankingCase& asked = cases_[c];
    if (asked.relevant.size() != 1 || asked.query.history)
      throw Error(ErrorKind::usage, "‹sampled-negatives›: only where each user has one held-out item", {},
                  "‹split› leave-last");
    const std::size_t n_unrated = item_ratings_.size() - asked.left_out.size() - 1;
    if (n_unrated < n_negatives)
      fail(ErrorKind::usage, "‹sampled-negatives› {}: a user has {} unrated items only", n_negatives,
           n_unrated);
    const std::size_t begin = sampled_.size();
    sampled_.push_back(asked.relevant[0]);
    RandomStream random(options_.ranking_seed, c);
    while (sampled_.size() - begin <= n_negatives) {
      const ItemIdx item{
          static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(item_ratings_.size())))};
      if (!has(asked.left_out, item) && std::find(sampled_.begin() + static_cast<std::ptrdiff_t>(begin),
                                                  sampled_.end(), item) == sampled_.end())
        sampled_.push_back(item);
    }
    std::sort(sampled_.begin() + static_cast<std::ptrdiff_t>(begin), sampled_.end());
    asked.candidates = std::span(sampled_).subspan(begin);
  }
}

}  // namespace movrec
