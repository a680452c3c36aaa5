#include "movrec/solve/bfm/bfm_design.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <numeric>

#include "movrec/data/side_columns.hpp"
#include "solve/bfm/bfm_families.hpp"
#include "solve/bfm/bfm_groups.hpp"

namespace movrec {
namespace {

using namespace bfm;

constexpr std::int64_t kSecondsPerDay = 86400;

/// Each user's items, or each item's users, without repeats.
Lists bags(std::size_t n_rows, std::span<const std::uint32_t> rows, std::span<const std::uint32_t> members) {
  Lists lists(n_rows);
  for (std::size_t k = 0; k < rows.size(); ++k) lists[rows[k]].push_back(members[k]);
  for (auto& list : lists) {
    std::ranges::sort(list);
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return lists;
}

/// Puts the training rows into the order of segments. Times are looked at only with a context.
void sort_rows(BfmDesign& design, const Ratings& train) {
  const bool by_day = design.has_day || design.has_user_day;
  const auto key_of = [&](std::uint32_t row) {
    return user_day_key(number(train.users[row]), by_day ? day_of(train.times[row]) : 0);
  };
  design.rows.resize(train.size());
  std::iota(design.rows.begin(), design.rows.end(), 0U);
  std::ranges::stable_sort(design.rows, {}, key_of);
  design.user_segments.push_back(0);
  std::size_t position = 0;
  for (std::int32_t user = 0; user < design.n_users; ++user) {
    // Without a context, every user is one segment, also one without rows.
    bool has_segment = !by_day;
    std::int64_t last_key = 0;
    if (has_segment) design.segment_begin.push_back(static_cast<std::uint32_t>(position));
    for (; position < design.rows.size() && number(train.users[design.rows[position]]) == user; ++position) {
      const std::uint32_t row = design.rows[position];
      if (by_day && (!has_segment || key_of(row) != last_key)) {
        design.segment_begin.push_back(static_cast<std::uint32_t>(position));
        design.user_days.push_back(last_key = key_of(row));
        has_segment = true;
      }
      design.items.push_back(static_cast<std::uint32_t>(number(train.items[row])));
      design.stars.push_back(train.stars[row]);
    }
    design.user_segments.push_back(static_cast<std::uint32_t>(design.segment_begin.size()));
  }
  design.segment_begin.push_back(static_cast<std::uint32_t>(position));
}

void add_context(BfmDesign& design) {
  const std::size_t n = design.n_segments();
  std::vector<std::int32_t> segment_days;
  for (const std::int64_t key : design.user_days)
    segment_days.push_back(static_cast<std::int32_t>(key & 0xffffffff));
  design.days = segment_days;
  std::ranges::sort(design.days);
  design.days.erase(std::unique(design.days.begin(), design.days.end()), design.days.end());
  design.context.n_rows = n;
  if (design.has_day) {
    for (std::int32_t& day : segment_days)
      day = static_cast<std::int32_t>(std::ranges::lower_bound(design.days, day) - design.days.begin());
    design.context.groups.push_back(one_hot("day", segment_days, design.days.size()));
  }
  if (design.has_user_day) design.context.groups.push_back(identity("user-day", n));
  for (std::size_t s = 0; s < n; ++s)
    design.context.counts.push_back(
        static_cast<float>(design.segment_begin[s + 1] - design.segment_begin[s]));
}

/// Numbers above 0, and NaN for the others, which are unknown.
std::vector<float> known(const std::vector<std::int16_t>& numbers) {
  std::vector<float> out;
  for (const std::int16_t number : numbers)
    out.push_back(number > 0 ? static_cast<float>(number) : std::numeric_limits<float>::quiet_NaN());
  return out;
}

void add_user_side(BfmBlock& block, const UserFeatures& users, std::string_view name) {
  if (name == "age") block.groups.push_back(side_group(binned("age", known(users.ages))));
  if (name == "gender") block.groups.push_back(side_group(keyed("gender", users.genders)));
  if (name == "occupation") block.groups.push_back(side_group(keyed("occupation", users.occupations)));
  if (name == "zip") {
    std::vector<char> first_digits;
    for (const std::string& zip : users.zips)
      first_digits.push_back(!zip.empty() && zip[0] >= '0' && zip[0] <= '9' ? zip[0] : '?');
    block.groups.push_back(side_group(keyed("zip", first_digits)));
  }
}

void add_item_side(BfmBlock& block, const Catalog& items, std::string_view name) {
  if (name == "year") block.groups.push_back(side_group(binned("year", known(items.years))));
  if (name == "genres") {
    Lists lists;
    for (const std::uint32_t bits : items.genre_bits) {
      lists.emplace_back();
      for (std::uint32_t g = 0; g < items.genre_names.size(); ++g)
        if ((bits >> g & 1) != 0) lists.back().push_back(g);
    }
    block.groups.push_back(side_group(make_group("genres", lists, items.genre_names.size(), false)));
  }
}

/// A side column as bags of categories. `order`: whose row it is.
BfmGroup column_group(const std::string& name,
                      const SideColumn& column,
                      std::span<const std::uint32_t> order) {
  const SideColumn bags = in_categories(column);
  Lists lists;
  for (const std::uint32_t k : order) lists.emplace_back(bags.of(k).begin(), bags.of(k).end());
  return side_group(make_group(name, lists, bags.categories.size(), true));
}

/// Which feature each value of a column is, by the rows that have it.
template <class T>
BfmFactFeatures fact_features(const BfmGroup& group, const std::vector<T>& column) {
  std::map<std::int32_t, std::int32_t> feature_of;
  for (std::size_t row = 0; row < column.size(); ++row)
    if (group.row_begin[row] < group.row_begin[row + 1])
      feature_of.emplace(static_cast<std::int32_t>(column[row]),
                         static_cast<std::int32_t>(group.features[group.row_begin[row]]));
  BfmFactFeatures out;
  for (const auto& [value, feature] : feature_of) {
    out.values.push_back(value);
    out.features.push_back(feature);
  }
  return out;
}

/// Users or items by descending number of ratings, then by index.
struct Ranking {
  explicit Ranking(const std::vector<std::int32_t>& counts) : order(counts.size()), row_of(counts.size()) {
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, std::greater<>(), [&](std::uint32_t k) { return counts[k]; });
    for (std::size_t row = 0; row < order.size(); ++row) row_of[order[row]] = static_cast<std::int32_t>(row);
  }
  /// A column by row; empty where the data has none.
  template <class T>
  std::vector<T> sorted(const std::vector<T>& column) const {
    std::vector<T> out;
    if (column.empty()) return out;
    for (const std::uint32_t k : order) out.push_back(column[k]);
    return out;
  }

  std::vector<std::uint32_t> order;
  std::vector<std::int32_t> row_of;
};

std::vector<float> as_floats(const std::vector<std::int32_t>& counts) {
  return {counts.begin(), counts.end()};
}

}  // namespace

std::size_t BfmBlock::n_features() const {
  std::size_t n = 0;
  for (const BfmGroup& group : groups) n += group.n_features();
  return n;
}

std::int32_t day_of(std::int64_t unix_seconds) {
  const std::int64_t day = unix_seconds / kSecondsPerDay;
  return static_cast<std::int32_t>(unix_seconds % kSecondsPerDay < 0 ? day - 1 : day);
}

std::int64_t user_day_key(std::int32_t user_row, std::int32_t day) {
  return std::int64_t{user_row} << 32 | static_cast<std::uint32_t>(day);
}

BfmDesign make_bfm_design(const Ratings& ratings,
                          const SideInfo* side,
                          std::span<const std::string> families) {
  BfmDesign design{.n_users = ratings.n_users, .n_items = ratings.n_items};
  const std::vector<Family> chosen = chosen_families(ratings, side, families);
  const Ranking users_ranked(ratings_per_user(ratings)), items_ranked(ratings_per_item(ratings));
  design.user_rows = users_ranked.row_of;
  design.item_rows = items_ranked.row_of;
  Ratings train = ratings;
  for (UserIdx& user : train.users) user = UserIdx{design.user_rows[index(user)]};
  for (ItemIdx& item : train.items) item = ItemIdx{design.item_rows[index(item)]};
  const auto has = [&](std::string_view name) {
    return std::ranges::find(chosen, name, &Family::name) != chosen.end();
  };
  design.has_day = has("day");
  design.has_user_day = has("user-day");
  sort_rows(design, train);
  design.user.n_rows = static_cast<std::size_t>(train.n_users);
  design.item.n_rows = static_cast<std::size_t>(train.n_items);
  design.user.counts = as_floats(ratings_per_user(train));
  design.item.counts = as_floats(ratings_per_item(train));
  if (has("user")) design.user.groups.push_back(identity("user", design.user.n_rows));
  if (has("item")) design.item.groups.push_back(identity("item", design.item.n_rows));
  std::vector<std::uint32_t> users;
  for (const std::uint32_t row : design.rows)
    users.push_back(static_cast<std::uint32_t>(number(train.users[row])));
  if (has("implicit-user"))
    design.user.groups.push_back(
        make_group("implicit-user", bags(design.user.n_rows, users, design.items), design.item.n_rows, true));
  if (has("implicit-item"))
    design.item.groups.push_back(
        make_group("implicit-item", bags(design.item.n_rows, design.items, users), design.user.n_rows, true));
  if (design.has_day || design.has_user_day) add_context(design);
  if (side == nullptr) return design;
  const UserFeatures side_users{.ages = users_ranked.sorted(side->users.ages),
                                .genders = users_ranked.sorted(side->users.genders),
                                .occupations = users_ranked.sorted(side->users.occupations),
                                .zips = users_ranked.sorted(side->users.zips),
                                .occupation_names = {}};
  const Catalog side_items{.titles = {},
                           .years = items_ranked.sorted(side->items.years),
                           .genre_bits = items_ranked.sorted(side->items.genre_bits),
                           .genre_names = side->items.genre_names};
  for (const Family& family : chosen) {
    add_user_side(design.user, side_users, family.name);
    add_item_side(design.item, side_items, family.name);
    if (family.of_users != nullptr)
      design.user.groups.push_back(column_group(family.name, *family.of_users, users_ranked.order));
    if (family.of_items != nullptr)
      design.item.groups.push_back(column_group(family.name, *family.of_items, items_ranked.order));
  }
  for (const BfmGroup& group : design.user.groups) {
    if (group.name == "age") design.facts[0] = fact_features(group, side_users.ages);
    if (group.name == "gender") design.facts[1] = fact_features(group, side_users.genders);
    if (group.name == "occupation") design.facts[2] = fact_features(group, side_users.occupations);
  }
  return design;
}

}  // namespace movrec
