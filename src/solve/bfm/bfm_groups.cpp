#include "solve/bfm/bfm_groups.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "movrec/data/side_columns.hpp"

namespace movrec::bfm {

BfmGroup make_group(std::string name, const Lists& features_of, std::size_t n_features, bool is_bag) {
  BfmGroup group{.name = std::move(name)};
  group.feature_begin.assign(n_features + 1, 0);
  for (const auto& features : features_of) {
    for (const std::uint32_t j : features) ++group.feature_begin[j + 1];
    group.features.insert(group.features.end(), features.begin(), features.end());
    group.row_begin.push_back(static_cast<std::uint32_t>(group.features.size()));
    const auto n = static_cast<float>(features.size());
    group.weight.push_back(n == 0 ? 0.F : is_bag ? 1 / std::sqrt(n) : 1.F);
  }
  std::partial_sum(group.feature_begin.begin(), group.feature_begin.end(), group.feature_begin.begin());
  group.rows.resize(group.features.size());
  std::vector<std::uint32_t> next(group.feature_begin.begin(), group.feature_begin.end() - 1);
  for (std::uint32_t row = 0; row < features_of.size(); ++row)
    for (const std::uint32_t j : features_of[row]) group.rows[next[j]++] = row;
  group.is_unit = std::ranges::all_of(group.weight, [](float x) { return x == 1; });
  return group;
}

BfmGroup one_hot(std::string name, std::span<const std::int32_t> categories, std::size_t n_categories) {
  Lists lists(categories.size());
  for (std::size_t row = 0; row < categories.size(); ++row)
    if (categories[row] >= 0) lists[row].push_back(static_cast<std::uint32_t>(categories[row]));
  return make_group(std::move(name), lists, n_categories, false);
}

BfmGroup identity(std::string name, std::size_t n) {
  std::vector<std::int32_t> categories(n);
  std::iota(categories.begin(), categories.end(), 0);
  return one_hot(std::move(name), categories, n);
}

BfmGroup side_group(BfmGroup group) {
  group.is_side = true;
  return group;
}

BfmGroup binned(std::string name, std::span<const float> numbers) {
  const Bins bins = bins_of(numbers);
  std::vector<std::int32_t> categories;
  for (const float number : numbers) categories.push_back(bins.of(number));
  return one_hot(std::move(name), categories, bins.size());
}

}  // namespace movrec::bfm
