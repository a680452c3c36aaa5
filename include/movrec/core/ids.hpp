#pragma once

#include <cstddef>
#include <cstdint>

namespace movrec {

/// Raw ids are the data set's own numbers; indices are dense, 0 … n-1. They are different types, so that
/// swapping user and item, or id and index, does not compile.
enum class UserId : std::int32_t {};
enum class ItemId : std::int32_t {};
enum class UserIdx : std::int32_t {};
enum class ItemIdx : std::int32_t {};

/// A row of a Ratings table.
using RowIdx = std::uint32_t;

/// A user or item that the training rows do not know.
inline constexpr UserIdx kNoUser{-1};
inline constexpr ItemIdx kNoItem{-1};

template <class Id>
constexpr std::int32_t number(Id id) {
  return static_cast<std::int32_t>(id);
}
template <class Idx>
constexpr std::size_t index(Idx idx) {
  return static_cast<std::size_t>(idx);
}

}  // namespace movrec
