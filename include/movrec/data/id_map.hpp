#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/core/ids.hpp"

namespace movrec {

/// The number that the text is, where it is spelt as whole numbers are: "3" and "-3", not "0003", "+3" or "3.0".
std::optional<std::int64_t> plain_number(std::string_view text);

/// Ids, each once and in order: plain numbers by their value, then all other texts byte by byte. A number takes 8
/// bytes, a text its own and 8 more.
class IdTable {
 public:
  IdTable() = default;
  /// From any list; repeats count once.
  explicit IdTable(std::vector<std::string> ids);
  /// From numbers, and from texts that are no plain numbers, laid end to end; both in order, each once.
  IdTable(std::vector<std::int64_t> numbers, std::string texts, std::vector<std::size_t> ends);

  std::size_t size() const { return numbers_.size() + ends_.size(); }
  std::string spelling(std::size_t position) const;
  std::optional<std::size_t> find(std::string_view id) const;
  /// The plain numbers, which stand first.
  std::span<const std::int64_t> numbers() const { return numbers_; }
  /// Leaves the ids that are marked, by position.
  void keep(const std::vector<bool>& kept);
  /// Whether there is nothing else.
  bool are_numbers() const { return ends_.empty(); }

  friend bool operator==(const IdTable&, const IdTable&) = default;

 private:
  std::string_view text(std::size_t k) const;

  std::vector<std::int64_t> numbers_;
  std::string texts_;
  std::vector<std::size_t> ends_;
};

/// Raw id to dense index and back. Indices follow the order of the table. Besides its own id an index may answer to
/// others (of one film that a release lists twice).
template <class Id, class Idx>
class IdMap {
 public:
  IdMap() = default;
  explicit IdMap(IdTable table) : table_(std::move(table)) {}
  /// From any list of ids; repeats count once.
  explicit IdMap(const std::vector<Id>& ids) : table_(texts_of(ids)) {}

  std::int32_t size() const { return static_cast<std::int32_t>(table_.size()); }
  Id id(Idx idx) const { return Id(table_.spelling(index(idx))); }
  std::optional<Idx> find(const Id& id) const {
    if (const auto found = table_.find(id.text)) return Idx{static_cast<std::int32_t>(*found)};
    const auto other = others_.find(id);
    return other == others_.end() ? std::nullopt : std::optional(other->second);
  }
  std::vector<Id> ids() const {
    std::vector<Id> all;
    all.reserve(table_.size());
    for (std::size_t k = 0; k < table_.size(); ++k) all.emplace_back(table_.spelling(k));
    return all;
  }
  const IdTable& table() const { return table_; }

  /// Leaves the ids that are marked, by index; the indices of what is left follow their order.
  void keep(const std::vector<bool>& kept) {
    std::vector<Idx> now;
    std::int32_t n = 0;
    for (const bool is_kept : kept) now.push_back(Idx{is_kept ? n++ : n});
    std::erase_if(others_, [&](const auto& other) { return !kept[index(other.second)]; });
    for (auto& [id, idx] : others_) idx = now[index(idx)];
    table_.keep(kept);
  }
  /// `idx` answers to `id`, too, which is none of the table's.
  void answer_to(const Id& id, Idx idx) { others_.insert_or_assign(id, idx); }
  const std::map<Id, Idx>& others() const { return others_; }

  /// Of the same ids, whatever else they answer to.
  friend bool operator==(const IdMap& a, const IdMap& b) { return a.table_ == b.table_; }

 private:
  static std::vector<std::string> texts_of(const std::vector<Id>& ids) {
    std::vector<std::string> texts;
    for (const Id& id : ids) texts.push_back(id.text);
    return texts;
  }

  IdTable table_;
  std::map<Id, Idx> others_;
};

using UserMap = IdMap<UserId, UserIdx>;
using ItemMap = IdMap<ItemId, ItemIdx>;

}  // namespace movrec
