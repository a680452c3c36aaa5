#include "movrec/data/side_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace movrec {
namespace {

constexpr std::size_t kMostBins = 10;
constexpr std::size_t kFewNumbers = 16;  ///< up to so many different ones are their own bins
constexpr std::size_t kMostOften = 10;

}  // namespace

std::int32_t Bins::of(float number) const {
  if (std::isnan(number)) return -1;
  return std::max(static_cast<std::int32_t>(std::ranges::upper_bound(starts, number) - starts.begin()) - 1,
                  0);
}

Bins bins_of(std::span<const float> numbers) {
  std::vector<float> sorted;
  for (const float number : numbers)
    if (!std::isnan(number)) sorted.push_back(number);
  std::ranges::sort(sorted);
  const auto without_repeats = [](std::vector<float> list) {
    list.erase(std::unique(list.begin(), list.end()), list.end());
    return list;
  };
  Bins bins{without_repeats(sorted)};
  if (bins.size() <= kFewNumbers) return bins;
  std::vector<float> starts;
  for (std::size_t bin = 0; bin < kMostBins; ++bin) starts.push_back(sorted[bin * sorted.size() / kMostBins]);
  return {without_repeats(std::move(starts))};
}

SideColumn in_categories(const SideColumn& column) {
  if (!column.is_number()) return column;
  const Bins bins = bins_of(column.numbers);
  SideColumn out{.name = column.name, .categories = {}};
  for (const float start : bins.starts) out.categories.push_back(fmt::format("from {}", start));
  for (const float number : column.numbers) {
    if (const std::int32_t bin = bins.of(number); bin >= 0)
      out.values.push_back(static_cast<std::uint32_t>(bin));
    out.begin.push_back(static_cast<std::uint32_t>(out.values.size()));
  }
  return out;
}

bool is_known(const SideColumn& column, std::size_t k) {
  return column.is_number() ? !std::isnan(column.numbers[k]) : column.begin[k] < column.begin[k + 1];
}

bool knows_any(const SideColumn& column) {
  return !column.values.empty() ||
         std::ranges::any_of(column.numbers, [](float number) { return !std::isnan(number); });
}

ColumnSummary summary_of(const SideColumn& column) {
  ColumnSummary out{.name = column.name, .bins = {}, .often = {}};
  const std::size_t n = column.is_number() ? column.numbers.size() : column.begin.size() - 1;
  for (std::size_t k = 0; k < n; ++k) out.known += is_known(column, k) ? 1 : 0;
  if (column.is_number()) {
    const Bins bins = bins_of(column.numbers);
    for (const float start : bins.starts) out.bins.emplace_back(start, 0);
    if (bins.starts.empty()) return out;
    out.min = out.max = bins.starts.front();
    for (const float number : column.numbers) {
      if (std::isnan(number)) continue;
      out.max = std::max(out.max, number);
      ++out.bins[static_cast<std::size_t>(bins.of(number))].second;
    }
    return out;
  }
  out.n_categories = std::ssize(column.categories);
  for (const std::string& name : column.categories) out.often.emplace_back(name, 0);
  for (const std::uint32_t value : column.values) ++out.often[value].second;
  using Count = std::pair<std::string, std::int64_t>;
  std::ranges::stable_sort(out.often, std::greater{}, &Count::second);
  out.often.resize(std::min(out.often.size(), kMostOften));
  return out;
}

}  // namespace movrec
