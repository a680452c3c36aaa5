#include "data/synthetic.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>

#include "data/synthetic_world.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/stop.hpp"

namespace movrec {
namespace {

constexpr double kMean = 3.5;
constexpr double kPopularityBias = 0.30;  // standard deviation of the share of b_i that popularity explains
constexpr double kNoise = 0.60;           // standard deviation
constexpr double kPopularityExponent = 0.9;  // weight of the item of rank r: (r + offset)^-exponent
constexpr double kActivityExponent = 1.6;    // P(activity > a) = a^-exponent
constexpr std::int64_t kMinPerUser = 20;     // as in MovieLens, where there are enough ratings
constexpr std::int64_t kFirstTime = 956'703'932, kDay = 86'400, kDays = 3 * 365;

/// How many ratings each user has: `total` in all, shared out by a power law between a minimum and half of
/// the items.
std::vector<std::int64_t> counts_of_users(const DataOptions& options) {
  const std::int64_t n_users = options.synthetic_users, total = options.synthetic_ratings;
  const std::int64_t most = options.synthetic_items / 2;
  const std::int64_t least = std::min(kMinPerUser, total / n_users / 2);
  const std::uint64_t seed = part_seed(options.synthetic_seed, SyntheticPart::activity);
  std::vector<double> activity(static_cast<std::size_t>(n_users));
  for (std::size_t u = 0; u < activity.size(); ++u)
    activity[u] = std::pow(1 - RandomStream(seed, u).uniform(), -1 / kActivityExponent);

  const auto count = [&](double scale, double a) {
    return std::clamp(static_cast<std::int64_t>(std::min(scale * a, 1e9)), least, most);
  };
  const auto sum = [&](double scale) {
    std::int64_t n = 0;
    for (const double a : activity) n += count(scale, a);
    return n;
  };
  double low = 0, high = static_cast<double>(most);
  for (int step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    (sum(middle) <= total ? low : high) = middle;
  }
  std::vector<std::int64_t> counts(activity.size());
  std::int64_t left = total;
  for (std::size_t u = 0; u < counts.size(); ++u) left -= counts[u] = count(low, activity[u]);
  while (left > 0)
    for (std::size_t u = 0; u < counts.size() && left > 0; ++u)
      if (counts[u] < most) ++counts[u], --left;
  return counts;
}

struct Items {
  AliasTable popularity;
  std::vector<double> biases;
  std::vector<Factors> factors;
};

Items make_items(const SyntheticWorld& world, const DataOptions& options) {
  const auto n = static_cast<std::size_t>(options.synthetic_items);
  const std::vector<std::uint32_t> ranks =
      random_permutation(n, options.synthetic_seed, static_cast<std::uint64_t>(SyntheticPart::ranks));
  std::vector<double> weights(n), biases(n);
  std::vector<Factors> factors(n);
  const double offset = 1 + 0.02 * static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i) {
    const SyntheticItem item = world.item(i);
    const double quantile = (ranks[i] + 0.5) / static_cast<double>(n);  // near 0: the most popular
    weights[i] = std::pow(ranks[i] + offset, -kPopularityExponent);
    biases[i] = item.bias + kPopularityBias * std::numbers::sqrt3 * (1 - 2 * quantile);
    factors[i] = item.factors;
  }
  return {AliasTable(std::move(weights)), std::move(biases), std::move(factors)};
}

/// E[stars | x]: 1 + the sum of P(stars > k) for k = 1 … 4.
double expected_stars(double x) {
  double expected = 1;
  for (int k = 1; k <= 4; ++k) expected += 0.5 * std::erfc((k + 0.5 - x) / (kNoise * std::numbers::sqrt2));
  return expected;
}

/// Seconds to the next rating: mostly within a sitting, now and then some days.
std::int64_t time_gap(RandomStream& random) {
  const std::uint32_t gap = 1 + random.below(60);
  return random.below(100) == 0 ? gap * (kDay / 60) * 5 : gap;
}

}  // namespace

SyntheticRatings synthetic_ratings(const DataOptions& options) {
  const std::int64_t room = options.synthetic_users * (options.synthetic_items / 2);
  if (options.synthetic_ratings > room)
    throw Error(
        ErrorKind::usage,
        fmt::format("‹synthetic-ratings› {}: {} users and {} items have room for {}",
                    options.synthetic_ratings, options.synthetic_users, options.synthetic_items, room),
        "a user rates at most half of the items");
  const SyntheticWorld world(options.synthetic_seed);
  const Items items = make_items(world, options);
  const std::vector<std::int64_t> counts = counts_of_users(options);
  std::vector<std::size_t> begin{0};
  for (const std::int64_t count : counts) begin.push_back(begin.back() + static_cast<std::size_t>(count));

  SyntheticRatings result;
  RawRatings& ratings = result.ratings;
  ratings.users.resize(begin.back());
  ratings.items.resize(begin.back());
  ratings.stars.resize(begin.back());
  ratings.times.resize(begin.back());
  std::vector<double> errors(counts.size());  // squared, summed over each user's rows

  const std::uint64_t row_seed = part_seed(options.synthetic_seed, SyntheticPart::rows);
  // Which user an item was last drawn for, a column for each thread: what keeps pairs distinct.
  std::vector<std::vector<std::int32_t>> drawn_for(static_cast<std::size_t>(omp_get_max_threads()));
  const auto make_rows = [&](std::size_t u) {
    auto& drawn = drawn_for[static_cast<std::size_t>(omp_get_thread_num())];
    drawn.resize(items.biases.size());
    const auto id = static_cast<std::int32_t>(u + 1);
    const SyntheticUser user = world.user(u);
    RandomStream random(row_seed, u);
    std::int64_t time = kFirstTime + kDay * random.below(kDays) + random.below(kDay);
    for (std::size_t row = begin[u]; row < begin[u + 1]; ++row) {
      std::uint32_t item = items.popularity.draw(random);
      while (drawn[item] == id) item = items.popularity.draw(random);
      drawn[item] = id;
      double x = kMean + user.bias + items.biases[item];
      for (std::size_t k = 0; k < user.factors.size(); ++k)
        x += static_cast<double>(user.factors[k]) * static_cast<double>(items.factors[item][k]);
      const double stars = std::clamp(std::floor(x + kNoise * random.normal() + 0.5), 1.0, 5.0);
      const double error = stars - expected_stars(x);
      errors[u] += error * error;
      time += time_gap(random);
      ratings.users[row] = UserIdx{id};
      ratings.items[row] = ItemIdx{static_cast<std::int32_t>(item + 1)};
      ratings.stars[row] = static_cast<float>(stars);
      ratings.times[row] = time;
    }
  };
  constexpr std::size_t kBlock = 10'000;
  for (std::size_t first = 0; first < counts.size(); first += kBlock) {
    check_stop();
    const std::size_t last = std::min(first + kBlock, counts.size());
#pragma omp parallel for schedule(dynamic, 16)
    for (std::size_t u = first; u < last; ++u) make_rows(u);
  }
  for (std::size_t row = 0; row < ratings.size(); ++row) {
    ratings.users[row] = UserIdx{ratings.user_ids.place_of(std::int64_t{number(ratings.users[row])})};
    ratings.items[row] = ItemIdx{ratings.item_ids.place_of(std::int64_t{number(ratings.items[row])})};
  }
  const double sum = std::accumulate(errors.begin(), errors.end(), 0.0);
  result.best_rmse = std::sqrt(sum / static_cast<double>(ratings.size()));
  return result;
}

}  // namespace movrec
