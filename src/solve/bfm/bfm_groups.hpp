#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "movrec/solve/bfm/bfm_design.hpp"

/// Groups of features from columns by block row.
namespace movrec::bfm {

/// Each row's features.
using Lists = std::vector<std::vector<std::uint32_t>>;

/// Both directions of a sparse matrix of 0 and 1, or with rows of length 1 (a bag).
BfmGroup make_group(std::string name, const Lists& features_of, std::size_t n_features, bool is_bag);
/// One feature per category; a negative category is none.
BfmGroup one_hot(std::string name, std::span<const std::int32_t> categories, std::size_t n_categories);
/// One feature per row.
BfmGroup identity(std::string name, std::size_t n);
/// One feature per bin of the numbers (bins_of).
BfmGroup binned(std::string name, std::span<const float> numbers);
BfmGroup side_group(BfmGroup group);

/// By any key, categories in ascending order.
template <class Key>
BfmGroup keyed(std::string name, const std::vector<Key>& keys) {
  std::map<Key, std::int32_t> categories;
  for (const Key& key : keys) categories.emplace(key, 0);
  std::int32_t next = 0;
  for (auto& [key, category] : categories) category = next++;
  std::vector<std::int32_t> rows;
  for (const Key& key : keys) rows.push_back(categories.at(key));
  return one_hot(std::move(name), rows, categories.size());
}

}  // namespace movrec::bfm
