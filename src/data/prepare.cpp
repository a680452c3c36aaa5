#include "data/prepare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "data/date.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/data/same_titles.hpp"
#include "movrec/data/split.hpp"

namespace movrec {
namespace {

template <class T>
void keep_marked(std::vector<T>& column, const std::vector<bool>& kept) {
  std::size_t n = 0;
  for (std::size_t at = 0; at < column.size(); ++at)
    if (kept[at]) {
      if (n != at) column[n] = std::move(column[at]);
      ++n;
    }
  column.resize(n);
}

void keep_marked(SideColumn& column, const std::vector<bool>& kept) {
  if (column.is_number()) return keep_marked(column.numbers, kept);
  SideColumn left{.name = std::move(column.name), .categories = std::move(column.categories)};
  for (std::size_t k = 0; k < kept.size(); ++k) {
    if (!kept[k]) continue;
    const auto values = column.of(k);
    left.values.insert(left.values.end(), values.begin(), values.end());
    left.begin.push_back(static_cast<std::uint32_t>(left.values.size()));
  }
  column = std::move(left);
}

/// Rewrites a column of indices after those that are not marked have left; none of its rows is of one of these.
template <class Idx>
std::int32_t renumber(std::vector<Idx>& column, const std::vector<bool>& kept) {
  std::vector<Idx> now(kept.size());
  std::int32_t n = 0;
  for (std::size_t i = 0; i < kept.size(); ++i) now[i] = Idx{kept[i] ? n++ : n};
  for (Idx& idx : column) idx = now[index(idx)];
  return n;
}

void keep_users(Dataset& dataset, const std::vector<bool>& kept) {
  dataset.ratings.n_users = renumber(dataset.ratings.users, kept);
  dataset.users.keep(kept);
  UserFeatures& features = dataset.user_features;
  for (SideColumn& column : features.columns) keep_marked(column, kept);
  if (features.empty()) return;
  keep_marked(features.ages, kept);
  keep_marked(features.genders, kept);
  keep_marked(features.occupations, kept);
  keep_marked(features.zips, kept);
}

void keep_items(Dataset& dataset, const std::vector<bool>& kept) {
  dataset.ratings.n_items = renumber(dataset.ratings.items, kept);
  dataset.items.keep(kept);
  keep_marked(dataset.catalog.titles, kept);
  keep_marked(dataset.catalog.years, kept);
  keep_marked(dataset.catalog.genre_bits, kept);
  for (SideColumn& column : dataset.catalog.columns) keep_marked(column, kept);
}

std::vector<bool> are_positive(const std::vector<std::int32_t>& counts) {
  std::vector<bool> positive;
  for (const std::int32_t count : counts) positive.push_back(count > 0);
  return positive;
}

std::string shown_count(std::size_t n) {
  return format_count(static_cast<std::int64_t>(n));
}

/// Takes the unmarked rows away and says so. Error{usage} if none is left.
void filter(Dataset& dataset, const std::vector<bool>& kept, const std::string& options) {
  const std::size_t n = dataset.ratings.size();
  const auto n_kept = static_cast<std::size_t>(std::ranges::count(kept, true));
  if (n_kept == 0)
    throw Error(
        ErrorKind::usage,
        fmt::format("{}: none of the {} ratings of {} is left", options, shown_count(n), dataset.name), {},
        "filter less");
  keep_rows(dataset, kept);
  const auto n_rated = [](const std::vector<std::int32_t>& counts) {
    return format_count(std::ranges::count_if(counts, [](std::int32_t count) { return count > 0; }));
  };
  log_info("{}: {}: {} of {} ratings are left, of {} users and {} items", dataset.name, options,
           shown_count(n_kept), shown_count(n), n_rated(ratings_per_user(dataset.ratings)),
           n_rated(ratings_per_item(dataset.ratings)));
}

void merge_titles(Dataset& dataset) {
  const SameTitles same(dataset.catalog);
  const std::vector<std::int32_t> counts = ratings_per_item(dataset.ratings);
  std::vector<ItemIdx> stays(counts.size());
  for (std::size_t i = 0; i < stays.size(); ++i) stays[i] = ItemIdx{static_cast<std::int32_t>(i)};
  std::vector<bool> kept(counts.size(), true);
  std::vector<std::pair<ItemId, ItemId>> others;  // and whom they answer to
  for (const std::vector<ItemIdx>& items : same.groups()) {
    const ItemIdx most =
        *std::ranges::max_element(items, {}, [&](ItemIdx item) { return counts[index(item)]; });
    for (const ItemIdx item : items) {
      if (item == most) continue;
      stays[index(item)] = most;
      kept[index(item)] = false;
      others.emplace_back(dataset.items.id(item), dataset.items.id(most));
    }
  }
  const std::size_t n_before = counts.size();
  for (ItemIdx& item : dataset.ratings.items) item = stays[index(item)];
  keep_items(dataset, kept);
  for (const auto& [id, most] : others) dataset.items.answer_to(id, *dataset.items.find(most));
  log_info("{}: ‹merge-titles›: {} of {} ids are other ids of a title, so there are {} items", dataset.name,
           shown_count(others.size()), shown_count(n_before), format_count(dataset.items.size()));
}

void filter_times(Dataset& dataset, const PrepareOptions& options) {
  const auto& times = dataset.ratings.times;
  const std::string_view first = options.from.empty() ? "until" : "from";
  if (times.empty()) fail(ErrorKind::usage, "‹{}›: {} has no times", first, dataset.name);
  const auto [oldest, newest] = std::ranges::minmax(times);
  const std::int64_t from = options.from.empty() ? oldest : date_of_option("from", options.from);
  const bool is_open = options.until.empty();
  const std::int64_t until = is_open ? newest : date_of_option("until", options.until);
  std::vector<bool> kept;
  for (const std::int64_t time : times) kept.push_back(time >= from && (time < until || is_open));
  std::string shown = options.from.empty() ? "" : fmt::format("‹from› {}", options.from);
  if (!is_open) shown += fmt::format("{}‹until› {}", shown.empty() ? "" : ", ", options.until);
  if (std::ranges::find(kept, true) == kept.end())
    throw Error(ErrorKind::usage,
                fmt::format("{}: none of the {} ratings of {} is left", shown, shown_count(times.size()),
                            dataset.name),
                fmt::format("they are of {} to {}", day_text(oldest), day_text(newest)));
  filter(dataset, kept, shown);
}

void sample_users(Dataset& dataset, const PrepareOptions& options) {
  const std::vector<std::int32_t> counts = ratings_per_user(dataset.ratings);
  std::vector<std::size_t> users;
  for (std::size_t u = 0; u < counts.size(); ++u)
    if (counts[u] > 0) users.push_back(u);
  std::vector<bool> chosen(counts.size()), kept;
  const auto n = std::min(static_cast<std::size_t>(options.sample_users), users.size());
  const auto order = numpy_permutation(users.size(), static_cast<std::uint32_t>(options.sample_seed));
  for (std::size_t k = 0; k < n; ++k) chosen[users[order[k]]] = true;
  for (const UserIdx user : dataset.ratings.users) kept.push_back(chosen[index(user)]);
  filter(dataset, kept, fmt::format("‹sample-users› {}", options.sample_users));
}

/// The largest set of rows in which each user and each item has enough of them.
void filter_counts(Dataset& dataset, const PrepareOptions& options) {
  const Ratings& ratings = dataset.ratings;
  std::vector<std::int32_t> of_user = ratings_per_user(ratings), of_item = ratings_per_item(ratings);
  std::vector<bool> kept(ratings.size(), true);
  for (bool is_done = false; !is_done;) {
    is_done = true;
    for (RowIdx row = 0; row < ratings.size(); ++row) {
      std::int32_t &n_user = of_user[index(ratings.users[row])], &n_item = of_item[index(ratings.items[row])];
      if (!kept[row] || (n_user >= options.min_user_ratings && n_item >= options.min_item_ratings)) continue;
      kept[row] = false;
      --n_user, --n_item;
      is_done = false;
    }
  }
  std::string shown =
      options.min_user_ratings > 0 ? fmt::format("‹min-user-ratings› {}", options.min_user_ratings) : "";
  if (options.min_item_ratings > 0)
    shown += fmt::format("{}‹min-item-ratings› {}", shown.empty() ? "" : ", ", options.min_item_ratings);
  filter(dataset, kept, shown);
}

}  // namespace

void keep_rows(Dataset& dataset, const std::vector<bool>& kept) {
  Ratings& ratings = dataset.ratings;
  keep_marked(ratings.users, kept);
  keep_marked(ratings.items, kept);
  keep_marked(ratings.stars, kept);
  keep_marked(ratings.times, kept);
  if (auto& begin = dataset.predefined_test_begin)
    *begin = static_cast<std::size_t>(
        std::count(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(*begin), true));
}

void prepare(Dataset& dataset, const PrepareOptions& options) {
  const std::size_t n_rows = dataset.ratings.size();
  if (options.merge_titles) merge_titles(dataset);
  if (!options.from.empty() || !options.until.empty()) filter_times(dataset, options);
  settle_duplicates(dataset, options);
  if (options.sample_users > 0) sample_users(dataset, options);
  if (options.min_user_ratings > 0 || options.min_item_ratings > 0) filter_counts(dataset, options);
  if (dataset.ratings.size() == n_rows) return;
  const std::vector<bool> users = are_positive(ratings_per_user(dataset.ratings)),
                          items = are_positive(ratings_per_item(dataset.ratings));
  if (std::ranges::find(users, false) != users.end()) keep_users(dataset, users);
  if (std::ranges::find(items, false) != items.end()) keep_items(dataset, items);
}

}  // namespace movrec
