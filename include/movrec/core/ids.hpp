#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace movrec {

/// A user or an item as the data set spells it, in UTF-8: `0003` is not `3`.
template <class Side>
struct RawId {
  std::string text;

  RawId() = default;
  explicit RawId(std::string spelt) : text(std::move(spelt)) {}
  explicit RawId(std::integral auto number) : text(std::to_string(number)) {}
  friend auto operator<=>(const RawId&, const RawId&) = default;
};

/// Raw ids are the data set's own words; indices are dense, 0 … n-1. They are different types, so that
/// swapping user and item, or id and index, does not compile.
using UserId = RawId<struct UserSide>;
using ItemId = RawId<struct ItemSide>;
enum class UserIdx : std::int32_t {};
enum class ItemIdx : std::int32_t {};

/// A row of a Ratings table.
using RowIdx = std::uint32_t;

/// A user or item that the training rows do not know.
inline constexpr UserIdx kNoUser{-1};
inline constexpr ItemIdx kNoItem{-1};

template <class Idx>
constexpr std::int32_t number(Idx idx) {
  return static_cast<std::int32_t>(idx);
}
template <class Idx>
constexpr std::size_t index(Idx idx) {
  return static_cast<std::size_t>(idx);
}

}  // namespace movrec
