#include "movrec/data/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>

namespace movrec {
namespace {

constexpr std::size_t kMaxBars = 20, kMostRated = 10;

std::vector<std::pair<double, std::int64_t>> histogram_of(const std::vector<float>& stars) {
  std::map<double, std::int64_t> counts;
  for (const float s : stars) ++counts[static_cast<double>(s)];
  if (counts.size() > kMaxBars) {
    std::map<double, std::int64_t> by_floor;
    for (const auto& [value, count] : counts) by_floor[std::floor(value)] += count;
    counts = std::move(by_floor);
  }
  return {counts.begin(), counts.end()};
}

std::int64_t duplicates_in(const Ratings& ratings) {
  const SeenItems seen(ratings);
  std::int64_t duplicates = 0;
  for (std::int32_t u = 0; u < ratings.n_users; ++u) {
    const auto items = seen.of(UserIdx{u});
    for (std::size_t i = 1; i < items.size(); ++i) duplicates += items[i] == items[i - 1] ? 1 : 0;
  }
  return duplicates;
}

double ratio(double sum, std::int64_t n) {
  return n > 0 ? sum / static_cast<double>(n) : 0;
}

/// The most rated of items that are given with their counts and sums of stars.
std::vector<DataSummary::Rated> most_rated_of(const std::vector<std::int32_t>& counts,
                                              const std::vector<double>& sums) {
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t n = std::min(order.size(), kMostRated);
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n), order.end(),
      [&](std::size_t a, std::size_t b) { return counts[a] != counts[b] ? counts[a] > counts[b] : a < b; });
  std::vector<DataSummary::Rated> rated;
  for (std::size_t i = 0; i < n; ++i)
    rated.push_back({ItemIdx{static_cast<std::int32_t>(order[i])}, counts[order[i]],
                     ratio(sums[order[i]], counts[order[i]])});
  return rated;
}

std::vector<DataSummary::Genre> genres_of(const Catalog& catalog,
                                          const std::vector<std::int32_t>& counts,
                                          const std::vector<double>& sums) {
  std::vector<DataSummary::Genre> genres;
  for (std::size_t g = 0; g < catalog.genre_names.size(); ++g) {
    DataSummary::Genre genre{.name = catalog.genre_names[g]};
    double sum = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if ((catalog.genre_bits[i] >> g & 1U) == 0) continue;
      ++genre.items;
      genre.ratings += counts[i];
      sum += sums[i];
    }
    genre.mean = ratio(sum, genre.ratings);
    if (genre.items > 0) genres.push_back(std::move(genre));
  }
  std::ranges::stable_sort(genres, std::greater{}, &DataSummary::Genre::ratings);
  return genres;
}

void summarize_users(const UserFeatures& users, DataSummary& summary) {
  std::map<std::string, std::int64_t> genders, occupations;
  std::map<std::int16_t, std::int64_t> ages;
  for (std::size_t u = 0; u < users.ages.size(); ++u) {
    ++genders[users.genders[u] == '?' ? "unknown" : std::string(1, users.genders[u])];
    ++ages[users.ages[u]];
    const std::int16_t occupation = users.occupations[u];
    ++occupations[occupation < 0 ? "unknown" : users.occupation_names[static_cast<std::size_t>(occupation)]];
  }
  summary.genders.assign(genders.begin(), genders.end());
  summary.occupations.assign(occupations.begin(), occupations.end());
  // Many different ages are shown by decade; MovieLens 1M has seven bands.
  const bool by_decade = ages.size() > kMaxBars;
  std::map<int, std::int64_t> age_groups;
  for (const auto& [age, count] : ages) age_groups[age == 0 ? -1 : by_decade ? age / 10 * 10 : age] += count;
  for (const auto& [age, count] : age_groups)
    summary.ages.emplace_back(age < 0 ? "unknown" : fmt::format("{}{}", age, by_decade ? "s" : ""), count);
  using Count = std::pair<std::string, std::int64_t>;
  for (auto* counts : {&summary.genders, &summary.occupations})
    std::ranges::stable_sort(*counts, std::greater{}, &Count::second);
}

}  // namespace

Spread spread_of(std::vector<std::int32_t> numbers) {
  std::ranges::sort(numbers);
  const auto quantile = [&](double q) {
    const double position = q * static_cast<double>(numbers.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const double low = numbers[below], high = numbers[std::min(below + 1, numbers.size() - 1)];
    return low + (high - low) * (position - std::floor(position));
  };
  const double sum = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  return {quantile(0),
          quantile(0.25),
          quantile(0.5),
          quantile(0.75),
          quantile(0.9),
          quantile(1),
          sum / static_cast<double>(numbers.size())};
}

DataSummary summarize(const Dataset& dataset) {
  const Ratings& ratings = dataset.ratings;
  const auto n = static_cast<double>(ratings.size());
  DataSummary summary;
  summary.users = ratings.n_users;
  summary.items = ratings.n_items;
  summary.ratings = static_cast<std::int64_t>(ratings.size());
  summary.density = n / static_cast<double>(ratings.n_users) / static_cast<double>(ratings.n_items);

  std::vector<double> sums(static_cast<std::size_t>(ratings.n_items));
  double sum = 0, squares = 0;
  for (std::size_t row = 0; row < ratings.size(); ++row) {
    const auto stars = static_cast<double>(ratings.stars[row]);
    sums[index(ratings.items[row])] += stars;
    sum += stars;
    squares += stars * stars;
  }
  summary.mean = sum / n;
  summary.standard_deviation = std::sqrt(std::max(0.0, squares / n - summary.mean * summary.mean));
  summary.histogram = histogram_of(ratings.stars);

  const std::vector<std::int32_t> per_item = ratings_per_item(ratings);
  summary.per_user = spread_of(ratings_per_user(ratings));
  summary.per_item = spread_of(per_item);
  if (!ratings.times.empty()) {
    const auto [first, last] = std::ranges::minmax(ratings.times);
    summary.times = {first, last};
  }
  summary.duplicates = static_cast<std::int64_t>(dataset.n_dropped_repeats) + duplicates_in(ratings);
  summary.most_rated = most_rated_of(per_item, sums);
  summary.genres = genres_of(dataset.catalog, per_item, sums);
  summarize_users(dataset.user_features, summary);
  for (const SideColumn& column : dataset.catalog.columns) summary.item_columns.push_back(summary_of(column));
  for (const SideColumn& column : dataset.user_features.columns)
    summary.user_columns.push_back(summary_of(column));
  return summary;
}

std::string format_time(std::int64_t unix_seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds{unix_seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace movrec
