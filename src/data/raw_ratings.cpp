#include "data/raw_ratings.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <span>

#include "movrec/core/digest.hpp"

namespace movrec {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 16;

template <class T>
void update(Digest& digest, std::span<const T> column) {
  static_assert(std::endian::native == std::endian::little);
  digest.update({reinterpret_cast<const char*>(column.data()), column.size_bytes()});
}

/// A column of numbers by row, a block at a time.
template <class T, class Idx, class ValueOf>
void update_rows(Digest& digest, const std::vector<Idx>& rows, ValueOf&& value_of) {
  std::vector<T> block;
  for (std::size_t begin = 0; begin < rows.size(); begin += kBlock) {
    block.clear();
    for (std::size_t row = begin; row < std::min(begin + kBlock, rows.size()); ++row)
      block.push_back(static_cast<T>(value_of(index(rows[row]))));
    update(digest, std::span<const T>(block));
  }
}

/// Each row's id, in 4 bytes where all are numbers that fit; else its position, and the ids once.
template <class Idx>
void update_ids(Digest& digest, const std::vector<Idx>& positions, const IdTable& ids) {
  using Small = std::numeric_limits<std::int32_t>;
  const auto numbers = ids.numbers();
  const bool fit = numbers.empty() || (numbers.front() >= Small::min() && numbers.back() <= Small::max());
  if (ids.are_numbers() && fit) {
    update_rows<std::int32_t>(digest, positions, [&](std::size_t position) { return numbers[position]; });
    return;
  }
  update_rows<std::int32_t>(digest, positions, [](std::size_t position) { return position; });
  for (std::size_t k = 0; k < ids.size(); ++k) digest.update(ids.spelling(k) + '\n');
}

/// Positions in the sorted table in place of those in the order of coming.
template <class Idx>
IdTable rank(const IdInterner& interner, std::vector<Idx>& rows) {
  IdInterner::Sorted sorted = interner.sorted();
  std::vector<bool> is_used(sorted.ids.size());  // rows may have been left out
  for (const Idx row : rows) is_used[static_cast<std::size_t>(sorted.rank[index(row)])] = true;
  if (std::ranges::find(is_used, false) != is_used.end()) {
    std::vector<std::int32_t> now(is_used.size());
    std::int32_t n = 0;
    for (std::size_t k = 0; k < is_used.size(); ++k) now[k] = is_used[k] ? n++ : n;
    for (std::int32_t& rank : sorted.rank) rank = now[static_cast<std::size_t>(rank)];
    sorted.ids.keep(is_used);
  }
#pragma omp parallel for schedule(static)
  for (std::size_t row = 0; row < rows.size(); ++row) rows[row] = Idx{sorted.rank[index(rows[row])]};
  return std::move(sorted.ids);
}

}  // namespace

void take_ratings(Dataset& dataset, RawRatings&& raw) {
  Ratings& ratings = dataset.ratings;
  ratings.users = std::move(raw.users);
  ratings.items = std::move(raw.items);
  ratings.stars = std::move(raw.stars);
  ratings.times = std::move(raw.times);
  dataset.users = UserMap(rank(raw.user_ids, ratings.users));
  dataset.items = ItemMap(rank(raw.item_ids, ratings.items));
  dataset.feedback = raw.feedback;
  raw = {};
  ratings.n_users = dataset.users.size();
  ratings.n_items = dataset.items.size();

  Digest digest(Digest::Kind::sha256);
  update_ids(digest, ratings.users, dataset.users.table());
  update_ids(digest, ratings.items, dataset.items.table());
  update(digest, std::span<const float>(ratings.stars));
  update(digest, std::span<const std::int64_t>(ratings.times));
  dataset.checksum = digest.hex();
}

}  // namespace movrec
