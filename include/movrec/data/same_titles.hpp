#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "movrec/data/catalog.hpp"

namespace movrec {

/// Items that have one title and one year: releases list some films under two ids.
class SameTitles {
 public:
  explicit SameTitles(const Catalog&);

  /// All items of its title, itself among them, ascending; empty where it is the only one.
  std::span<const ItemIdx> of(ItemIdx item) const {
    const std::int32_t group = group_of_[index(item)];
    return group < 0 ? std::span<const ItemIdx>() : groups_[static_cast<std::size_t>(group)];
  }
  /// Of titles with more items than one, in the order of their first items.
  std::span<const std::vector<ItemIdx>> groups() const { return groups_; }
  /// Ascending `items`, and all items of their titles.
  std::vector<ItemIdx> with_others(std::span<const ItemIdx> items) const;

 private:
  std::vector<std::vector<ItemIdx>> groups_;
  std::vector<std::int32_t> group_of_;  ///< -1: in none
};

}  // namespace movrec
