#include "data/id_interner.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <numeric>

#include "movrec/core/error.hpp"

namespace movrec {
namespace {

constexpr std::size_t kLeastSlots = 1024;

/// Fibonacci hashing: the upper bits of a product with 2^64 / golden ratio.
std::size_t slot_of(std::uint64_t key, std::size_t n_slots) {
  return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15ULL) >> (64 - std::countr_zero(n_slots)));
}

/// The slot of a key: that of an entry which is the key, or a free one.
template <class IsKey>
std::size_t probe(const std::vector<std::uint32_t>& slots, std::size_t slot, IsKey&& is_key) {
  while (slots[slot] != 0 && !is_key(slots[slot] - 1)) slot = (slot + 1) & (slots.size() - 1);
  return slot;
}

/// Makes room for one entry more; `key_of` gives the hash key of an entry.
template <class Entry, class KeyOf>
void make_room(std::vector<std::uint32_t>& slots, const std::vector<Entry>& entries, KeyOf&& key_of) {
  if (2 * (entries.size() + 1) <= slots.size()) return;
  slots.assign(std::max(kLeastSlots, 2 * slots.size()), 0);
  for (std::size_t k = 0; k < entries.size(); ++k)
    slots[probe(slots, slot_of(key_of(entries[k]), slots.size()), [](std::size_t) { return false; })] =
        static_cast<std::uint32_t>(k + 1);
}

}  // namespace

std::int32_t IdInterner::new_place() {
  if (n_ == static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    fail(ErrorKind::data, "more than {} different ids", n_);
  return static_cast<std::int32_t>(n_++);
}

std::int32_t IdInterner::find_number(std::int64_t number) {
  make_room(number_slots_, numbers_,
            [](const Number& entry) { return std::bit_cast<std::uint64_t>(entry.id); });
  const std::size_t slot =
      probe(number_slots_, slot_of(std::bit_cast<std::uint64_t>(number), number_slots_.size()),
            [&](std::size_t k) { return numbers_[k].id == number; });
  if (number_slots_[slot] != 0) return numbers_[number_slots_[slot] - 1].place;
  numbers_.push_back({number, new_place()});
  number_slots_[slot] = static_cast<std::uint32_t>(numbers_.size());
  return numbers_.back().place;
}

std::int32_t IdInterner::place_of(std::string_view id) {
  if (const auto number = plain_number(id)) return place_of(*number);
  const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>{}(id));
  make_room(text_slots_, entries_, [](const Text& entry) { return entry.hash; });
  const std::size_t slot = probe(text_slots_, slot_of(hash, text_slots_.size()), [&](std::size_t k) {
    return entries_[k].hash == hash && text(entries_[k]) == id;
  });
  if (text_slots_[slot] != 0) return entries_[text_slots_[slot] - 1].place;
  entries_.push_back({texts_.size(), id.size(), hash, new_place()});
  texts_ += id;
  text_slots_[slot] = static_cast<std::uint32_t>(entries_.size());
  return entries_.back().place;
}

std::string_view IdInterner::spelt_twice() const {
  if (numbers_.empty()) return {};
  for (const Text& entry : entries_) {
    const std::string_view id = text(entry);
    const std::size_t point = id.find('.');
    if (point == std::string_view::npos || id.find_first_not_of('0', point + 1) != std::string_view::npos)
      continue;
    const auto number = plain_number(id.substr(0, point));
    if (!number) continue;
    const std::size_t slot =
        probe(number_slots_, slot_of(std::bit_cast<std::uint64_t>(*number), number_slots_.size()),
              [&](std::size_t k) { return numbers_[k].id == *number; });
    if (number_slots_[slot] != 0) return id;
  }
  return {};
}

IdInterner::Sorted IdInterner::sorted() const {
  Sorted out;
  out.rank.resize(n_);
  std::int32_t rank = 0;

  std::vector<Number> numbers = numbers_;
  std::ranges::sort(numbers, {}, &Number::id);
  std::vector<std::int64_t> ids;
  ids.reserve(numbers.size());
  for (const Number& entry : numbers) {
    ids.push_back(entry.id);
    out.rank[static_cast<std::size_t>(entry.place)] = rank++;
  }

  std::vector<std::uint32_t> order(entries_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order,
                    [&](std::uint32_t a, std::uint32_t b) { return text(entries_[a]) < text(entries_[b]); });
  std::string texts;
  texts.reserve(texts_.size());
  std::vector<std::size_t> ends;
  ends.reserve(order.size());
  for (const std::uint32_t k : order) {
    texts += text(entries_[k]);
    ends.push_back(texts.size());
    out.rank[static_cast<std::size_t>(entries_[k].place)] = rank++;
  }
  out.ids = IdTable(std::move(ids), std::move(texts), std::move(ends));
  return out;
}

}  // namespace movrec
