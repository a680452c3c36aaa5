#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "movrec/core/ids.hpp"

namespace movrec {

/// Raw id to dense index and back. Indices follow ascending raw ids.
template <class Id, class Idx>
class IdMap {
 public:
  IdMap() = default;
  /// From any list of ids; repeats count once.
  explicit IdMap(std::vector<Id> ids) : ids_(std::move(ids)) {
    std::sort(ids_.begin(), ids_.end());
    ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
  }
  std::int32_t size() const { return static_cast<std::int32_t>(ids_.size()); }
  Id id(Idx idx) const { return ids_[index(idx)]; }
  std::optional<Idx> find(Id id) const {
    const auto found = std::lower_bound(ids_.begin(), ids_.end(), id);
    if (found == ids_.end() || *found != id) return std::nullopt;
    return Idx{static_cast<std::int32_t>(found - ids_.begin())};
  }
  std::span<const Id> ids() const { return ids_; }
  friend bool operator==(const IdMap&, const IdMap&) = default;

 private:
  std::vector<Id> ids_;
};

using UserMap = IdMap<UserId, UserIdx>;
using ItemMap = IdMap<ItemId, ItemIdx>;

}  // namespace movrec
