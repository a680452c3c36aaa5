#include "movrec/recommend/recommender.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "data/text.hpp"
#include "movrec/core/error.hpp"
#include "recommend/item_filter.hpp"

namespace movrec {
namespace {

/// Scores held at once: 16 MB, whatever the number of users.
constexpr std::size_t kBlockScores = std::size_t{1} << 22;
constexpr std::int32_t kEnoughRatings = 20;
constexpr std::int64_t kLeftOutAtMost = 5;  ///< one fifth of all ratings
constexpr std::string_view kUnknown = "unknown";

/// What the options ask of an item besides its ratings.
std::vector<ItemCondition> conditions_of(const Dataset& dataset, const RecommendOptions& options) {
  if (options.year_to > 0 && options.year_from > options.year_to)
    fail(ErrorKind::usage, "‹year-from› {} is later than ‹year-to› {}", options.year_from, options.year_to);
  std::vector<ItemCondition> conditions;
  for (const std::string& text : options.where) conditions.push_back(item_condition(text));
  if (!options.genre.empty()) {
    const std::vector<std::string> fields = item_fields(dataset);
    if (std::ranges::find(fields, kGenres) == fields.end())
      fail(ErrorKind::usage, "‹genre› {}: {} has no genres", options.genre, dataset.name);
    conditions.push_back({std::string(kGenres), "=", {options.genre}});
  }
  if (options.year_from > 0) conditions.push_back({"year", ">=", {std::to_string(options.year_from)}});
  if (options.year_to > 0) conditions.push_back({"year", "<=", {std::to_string(options.year_to)}});
  return conditions;
}

}  // namespace

int default_min_ratings(const Ratings& train) {
  std::array<std::int64_t, kEnoughRatings> ratings_at{};  // ratings of the items that have so many
  for (const std::int32_t count : ratings_per_item(train))
    if (count < kEnoughRatings) ratings_at[static_cast<std::size_t>(count)] += count;
  std::int64_t left_out = 0;
  int min_ratings = 0;
  while (min_ratings < kEnoughRatings) {
    left_out += ratings_at[static_cast<std::size_t>(min_ratings)];
    if (left_out * kLeftOutAtMost > std::ssize(train.stars)) break;
    ++min_ratings;
  }
  return min_ratings;
}

std::vector<ItemIdx> find_candidates(const Dataset& dataset,
                                     const Ratings& train,
                                     const RecommendOptions& options,
                                     int min_ratings) {
  const ItemFilter filter(dataset, conditions_of(dataset, options));
  const std::vector<std::int32_t> counts = ratings_per_item(train);

  std::vector<ItemIdx> candidates;
  for (std::int32_t i = 0; i < train.n_items; ++i) {
    const ItemIdx item{i};
    if (counts[index(item)] < min_ratings || lower(dataset.catalog.title(item)) == kUnknown) continue;
    if (filter.passes(item)) candidates.push_back(item);
  }
  return candidates;
}

int min_ratings_of(const RecommendOptions& options, const Ratings& train) {
  return options.min_ratings < 0 ? default_min_ratings(train) : options.min_ratings;
}

void drop_repeated_titles(std::vector<Recommendation>& list, const SameTitles& same_titles) {
  std::vector<ItemIdx> kept;
  std::erase_if(list, [&](const Recommendation& one) {
    for (const ItemIdx other : same_titles.of(one.item))
      if (std::ranges::find(kept, other) != kept.end()) return true;
    kept.push_back(one.item);
    return false;
  });
}

Recommender::Recommender(const Model& model,
                         const Dataset& dataset,
                         const Ratings& train,
                         RecommendOptions options)
    : model_(model),
      options_(std::move(options)),
      min_ratings_(min_ratings_of(options_, train)),
      seen_(options_.include_seen ? SeenItems() : SeenItems(dataset.ratings)),
      candidates_(find_candidates(dataset, train, options_, min_ratings_)),
      same_titles_(dataset.catalog) {
  for (const std::vector<ItemIdx>& items : same_titles_.groups()) {
    const auto n = std::ranges::count_if(
        items, [&](ItemIdx item) { return std::ranges::binary_search(candidates_, item); });
    n_repeated_ += n > 1 ? static_cast<std::size_t>(n - 1) : 0;
  }
}

std::vector<std::vector<Recommendation>> Recommender::top(std::span<const UserIdx> users) const {
  std::vector<UserQuery> queries;
  for (const UserIdx user : users) queries.push_back({.user = user});
  return top(queries, {});
}

std::vector<std::vector<Recommendation>> Recommender::top(std::span<const Person> persons) const {
  std::vector<UserQuery> queries;
  for (const Person& person : persons) queries.push_back(person.query());
  return top(queries, persons);
}

/// What the data set and the person himself say he has rated, ascending.
std::vector<ItemIdx> Recommender::seen_by(const Person& person) const {
  std::vector<ItemIdx> seen(person.items().begin(), person.items().end());
  const auto add = [&](std::span<const ItemIdx> items) {
    const auto middle = static_cast<std::ptrdiff_t>(seen.size());
    seen.insert(seen.end(), items.begin(), items.end());
    std::inplace_merge(seen.begin(), seen.begin() + middle, seen.end());
  };
  add(person.left_out());
  if (person.user() != kNoUser) add(seen_.of(person.user()));
  return seen;
}

std::vector<std::vector<Recommendation>> Recommender::top(std::span<const UserQuery> queries,
                                                          std::span<const Person> persons) const {
  const std::size_t n_items = candidates_.size(), top = static_cast<std::size_t>(options_.top);
  const std::size_t block_users = std::clamp<std::size_t>(kBlockScores / std::max<std::size_t>(n_items, 1), 1,
                                                          std::max<std::size_t>(queries.size(), 1));
  std::vector<std::vector<Recommendation>> lists;
  for (std::size_t begin = 0; begin < queries.size(); begin += block_users) {
    const auto block = queries.subspan(begin, std::min(block_users, queries.size() - begin));
    std::vector<std::vector<ItemIdx>> own(block.size());
    std::vector<std::span<const ItemIdx>> seen(block.size());
    for (std::size_t k = 0; k < block.size() && !options_.include_seen; ++k) {
      if (!persons.empty()) {
        own[k] = seen_by(persons[begin + k]);
        seen[k] = own[k];
      } else if (block[k].user != kNoUser) {
        seen[k] = seen_.of(block[k].user);
      }
      if (same_titles_.groups().empty()) continue;
      own[k] = same_titles_.with_others(seen[k]);
      seen[k] = own[k];
    }
    auto best = model_.best_items(block, candidates_, seen, top + n_repeated_);
    if (n_repeated_ > 0)
      for (std::vector<Recommendation>& list : best) {
        drop_repeated_titles(list, same_titles_);
        if (list.size() > top) list.resize(top);
      }
    std::ranges::move(best, std::back_inserter(lists));
  }
  return lists;
}

}  // namespace movrec
