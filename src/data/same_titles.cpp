#include "movrec/data/same_titles.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace movrec {

SameTitles::SameTitles(const Catalog& catalog) : group_of_(catalog.titles.size(), -1) {
  std::unordered_map<std::string_view, ItemIdx> first_of;  // by title
  first_of.reserve(catalog.titles.size());
  for (std::size_t i = 0; i < catalog.titles.size(); ++i) {
    const ItemIdx item{static_cast<std::int32_t>(i)};
    const auto [found, is_new] = first_of.try_emplace(catalog.titles[i], item);
    const ItemIdx first = found->second;
    if (is_new || catalog.years[i] != catalog.years[index(first)]) continue;
    std::int32_t& group = group_of_[index(first)];
    if (group < 0) {
      group = static_cast<std::int32_t>(groups_.size());
      groups_.push_back({first});
    }
    groups_[static_cast<std::size_t>(group)].push_back(item);
    group_of_[i] = group;
  }
}

std::vector<ItemIdx> SameTitles::with_others(std::span<const ItemIdx> items) const {
  std::vector<ItemIdx> all(items.begin(), items.end());
  for (const ItemIdx item : items) {
    const auto same = of(item);
    all.insert(all.end(), same.begin(), same.end());
  }
  if (all.size() == items.size()) return all;
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace movrec
