#include "movrec/data/ratings.hpp"

#include "movrec/data/split.hpp"

#include <algorithm>
#include <numeric>

namespace movrec {
namespace {

template <class T>
std::vector<T> gather(const std::vector<T>& column, std::span<const RowIdx> rows) {
  std::vector<T> out;
  if (column.empty()) return out;
  out.reserve(rows.size());
  for (RowIdx row : rows) out.push_back(column[row]);
  return out;
}

template <class Idx>
std::vector<std::int32_t> count(const std::vector<Idx>& column, std::int32_t n) {
  std::vector<std::int32_t> counts(static_cast<std::size_t>(n));
  for (Idx idx : column) ++counts[index(idx)];
  return counts;
}

}  // namespace

Ratings Ratings::subset(std::span<const RowIdx> rows) const {
  return {
      gather(users, rows), gather(items, rows), gather(stars, rows), gather(times, rows), n_users, n_items};
}

void Ratings::append(const Ratings& more) {
  const auto add = [](auto& column, const auto& rows) {
    column.insert(column.end(), rows.begin(), rows.end());
  };
  add(users, more.users);
  add(items, more.items);
  add(stars, more.stars);
  add(times, more.times);
}

RatingParts take_parts(Ratings&& all, const Split& split) {
  const Ratings empty{{}, {}, {}, {}, all.n_users, all.n_items};
  RatingParts parts{empty, empty, empty};
  const auto take = [&](auto Ratings::*column) {
    parts.train.*column = gather(all.*column, split.train);
    parts.valid.*column = gather(all.*column, split.valid);
    parts.test.*column = gather(all.*column, split.test);
    (all.*column).clear();
    (all.*column).shrink_to_fit();
  };
  take(&Ratings::times);
  take(&Ratings::users);
  take(&Ratings::items);
  take(&Ratings::stars);
  return parts;
}

std::vector<std::int32_t> ratings_per_user(const Ratings& ratings) {
  return count(ratings.users, ratings.n_users);
}
std::vector<std::int32_t> ratings_per_item(const Ratings& ratings) {
  return count(ratings.items, ratings.n_items);
}

SeenItems::SeenItems(std::initializer_list<const Ratings*> tables)
    : begin_(static_cast<std::size_t>((*tables.begin())->n_users) + 1) {
  for (const Ratings* ratings : tables)
    for (const UserIdx user : ratings->users) ++begin_[index(user) + 1];
  std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
  items_.resize(begin_.back());
  std::vector<std::size_t> next(begin_.begin(), begin_.end() - 1);
  for (const Ratings* ratings : tables)
    for (std::size_t row = 0; row < ratings->size(); ++row)
      items_[next[index(ratings->users[row])]++] = ratings->items[row];
#pragma omp parallel for schedule(static)
  for (std::size_t user = 0; user < begin_.size() - 1; ++user)
    std::sort(items_.begin() + static_cast<std::ptrdiff_t>(begin_[user]),
              items_.begin() + static_cast<std::ptrdiff_t>(begin_[user + 1]));
}

}  // namespace movrec
