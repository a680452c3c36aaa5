#include "solve/common/rating_lists.hpp"

#include <algorithm>
#include <utility>

namespace movrec {

RatingLists positive_lists(const Ratings& ratings, double min_stars) {
  const RatingLists all = rating_lists(ratings.users, ratings.items, ratings.stars, ratings.n_users);
  std::vector<std::vector<std::pair<std::int32_t, float>>> rows(all.size());
  const auto n = static_cast<std::ptrdiff_t>(all.size());
#pragma omp parallel for schedule(dynamic, 64)
  for (std::ptrdiff_t at = 0; at < n; ++at) {
    auto& row = rows[static_cast<std::size_t>(at)];
    const auto items = all.others_of(static_cast<std::size_t>(at));
    const auto stars = all.stars_of(static_cast<std::size_t>(at));
    for (std::size_t k = items.size(); k-- > 0;)  // last first: unique keeps the first of equals
      if (static_cast<double>(stars[k]) >= min_stars) row.emplace_back(items[k], stars[k]);
    std::ranges::stable_sort(row, {}, &std::pair<std::int32_t, float>::first);
    const auto of_one_item = [](const auto& a, const auto& b) { return a.first == b.first; };
    row.erase(std::unique(row.begin(), row.end(), of_one_item), row.end());
  }
  RatingLists out;
  for (const auto& row : rows) {
    for (const auto& [item, stars] : row) {
      out.others.push_back(item);
      out.stars.push_back(stars);
    }
    out.begin.push_back(out.others.size());
  }
  return out;
}

RatingLists transposed(const RatingLists& lists, std::int32_t n_others) {
  std::vector<ItemIdx> others;
  std::vector<UserIdx> rows;
  for (std::size_t row = 0; row < lists.size(); ++row)
    for (const std::int32_t other : lists.others_of(row)) {
      others.push_back(ItemIdx{other});
      rows.push_back(UserIdx{static_cast<std::int32_t>(row)});
    }
  return rating_lists(others, rows, lists.stars, n_others);
}

void save_lists(const RatingLists& lists, const std::string& prefix, StateDict& state) {
  const std::vector<std::int64_t> begin(lists.begin.begin(), lists.begin.end());
  state.set(prefix + "begin", begin);
  state.set(prefix + "others", lists.others);
  state.set(prefix + "stars", lists.stars);
}

RatingLists load_lists(const StateDict& state,
                       const std::string& prefix,
                       std::int32_t n,
                       std::int32_t n_others) {
  const auto begin = state.values<std::int64_t>(prefix + "begin", static_cast<std::size_t>(n) + 1);
  if (begin.front() != 0 || !std::ranges::is_sorted(begin))
    fail(ErrorKind::model, "array '{}begin' of the checkpoint does not ascend from 0", prefix);
  const auto n_ratings = static_cast<std::size_t>(begin.back());
  const auto others = state.values<std::int32_t>(prefix + "others", n_ratings);
  if (std::ranges::any_of(others, [&](std::int32_t other) { return other < 0 || other >= n_others; }))
    fail(ErrorKind::model, "array '{}others' of the checkpoint has an index outside 0 … {}", prefix,
         n_others - 1);
  RatingLists lists;
  lists.begin.assign(begin.begin(), begin.end());
  lists.others.assign(others.begin(), others.end());
  lists.stars = state.list<float>(prefix + "stars", n_ratings);
  return lists;
}

}  // namespace movrec
