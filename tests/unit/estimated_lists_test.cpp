#include "model/common/estimated_lists.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/random.hpp"

using namespace movrec;

namespace {

bool operator==(const std::vector<ScoredItem>& a, const std::vector<ScoredItem>& b) {
  return std::ranges::equal(
      a, b, [](const ScoredItem& x, const ScoredItem& y) { return x.item == y.item && x.score == y.score; });
}

/// Every third item, so that positions are not indices.
std::vector<ItemIdx> items_of(std::size_t n) {
  std::vector<ItemIdx> items;
  for (std::size_t k = 0; k < n; ++k) items.push_back(ItemIdx{static_cast<std::int32_t>(3 * k)});
  return items;
}

/// Scores in steps of `step`, so with ties, and estimates of them.
struct Case {
  Case(std::size_t n, double step, double error, std::uint64_t seed) : items(items_of(n)) {
    RandomStream random(seed, 0);
    for (std::size_t k = 0; k < n; ++k) {
      const double score = step == 0 ? 3.5 : std::round(random.normal() / step) * step;
      scores.push_back(static_cast<float>(score));
      estimates.push_back(static_cast<float>(score + error * random.normal()));
      if (random.below(10) == 0) seen.push_back(items[k]);
    }
  }

  std::vector<ScoredItem> by_estimate(std::size_t n) {
    n_asked = 0;
    return best_by_estimate(estimates, items, seen, n,
                            [&](std::span<const std::int32_t> positions, std::span<float> out) {
                              n_asked += positions.size();
                              for (std::size_t j = 0; j < positions.size(); ++j)
                                out[j] = scores[static_cast<std::size_t>(positions[j])];
                            });
  }
  std::vector<ScoredItem> by_scores(std::size_t n) const { return best_of(scores, items, seen, n); }

  std::vector<ItemIdx> items, seen{};
  std::vector<float> scores{}, estimates{};
  std::size_t n_asked = 0;
};

TEST(BestByEstimate, IsTheListOfTheScoresAtAnySize) {
  for (const std::size_t n_items : {0U, 1U, 7U, 100U, 2000U})
    for (const std::size_t n : {0U, 1U, 10U, 150U, 3000U})
      for (const double step : {1e-3, 0.25})
        for (std::uint64_t seed = 0; seed < 3; ++seed) {
          Case one(n_items, step, 0.02, seed);
          EXPECT_TRUE(one.by_estimate(n) == one.by_scores(n)) << n_items << ' ' << n << ' ' << step;
          EXPECT_LE(one.n_asked, n_items);
        }
}

TEST(BestByEstimate, AsksForFewScoresWhereTheEstimatesAreGood) {
  Case one(3000, 1e-6, 0.01, 1);
  EXPECT_TRUE(one.by_estimate(10) == one.by_scores(10));
  EXPECT_GE(one.n_asked, 60U);
  EXPECT_LE(one.n_asked, 100U);
}

TEST(BestByEstimate, AsksForAllWhereTheEstimatesSayNothing) {
  Case noise(1000, 1e-6, 5, 2);
  EXPECT_TRUE(noise.by_estimate(10) == noise.by_scores(10));
  Case constant(1000, 1e-6, 0, 3);
  std::ranges::fill(constant.estimates, 2.F);
  EXPECT_TRUE(constant.by_estimate(10) == constant.by_scores(10));
}

TEST(BestByEstimate, GivesTiesToTheSmallerItemHoweverTheyAreEstimated) {
  Case tied(1000, 0, 0.01, 4);
  const std::vector<ScoredItem> best = tied.by_estimate(10);
  EXPECT_TRUE(best == tied.by_scores(10));
  EXPECT_EQ(best.size(), 10U);
  EXPECT_TRUE(std::ranges::is_sorted(best, {}, &ScoredItem::item));
  EXPECT_LT(number(best[9].item), 3 * 20);
}

// A bias common to all estimates is an error like any other.
TEST(BestByEstimate, BearsEstimatesThatAreAllTooLow) {
  Case low(2000, 1e-6, 0.01, 5);
  for (std::size_t k = 0; k < low.estimates.size(); ++k) low.estimates[k] -= 0.5F;
  EXPECT_TRUE(low.by_estimate(10) == low.by_scores(10));
}

TEST(BestByEstimate, ListsNothingThatIsSeen) {
  Case all_seen(500, 0.25, 0.01, 6);
  all_seen.seen = all_seen.items;
  EXPECT_TRUE(all_seen.by_estimate(10).empty());
}

class FakeEstimates final : public ScoreEstimates {
 public:
  FakeEstimates(std::int64_t n_users, std::int64_t n_items) : n_items_(n_items) {
    for (std::int64_t k = 0; k < n_users * n_items; ++k)
      of_net.push_back(static_cast<float>(RandomStream(8, static_cast<std::uint64_t>(k)).normal()));
  }
  void estimate(std::int64_t begin, std::int64_t n, float* stars) const override {
    for (std::int64_t k = 0; k < n * n_items_; ++k)
      stars[k] = of_net[static_cast<std::size_t>(begin * n_items_ + k)] + (k % 2 == 0 ? 0.01F : -0.01F);
  }
  void score(std::int64_t user, std::span<const std::int32_t> items, float* stars) const override {
    for (std::size_t k = 0; k < items.size(); ++k)
      stars[k] = of_net[static_cast<std::size_t>(user * n_items_ + items[k])];
  }
  std::vector<float> of_net;

 private:
  std::int64_t n_items_;
};

TEST(BestByEstimates, EqualsFullScoresWithWhatTheFallbackKnowsBetter) {
  constexpr std::int32_t kUsers = 37, kItems = 900;
  Ratings train;  // of which the last user and every tenth item have nothing
  train.n_users = kUsers, train.n_items = kItems;
  for (std::int32_t u = 0; u + 1 < kUsers; ++u)
    for (std::int32_t i = 0; i < kItems; ++i)
      if (i % 10 != 0) {
        train.users.push_back(UserIdx{u});
        train.items.push_back(ItemIdx{i});
        train.stars.push_back(3);
      }
  Biases biases{.mean = 1.5, .user = std::vector<float>(kUsers, 0.25F), .item = std::vector<float>(kItems)};
  for (std::size_t i = 0; i < kItems; ++i) biases.item[i] = static_cast<float>(i) / kItems;
  ModelSpec spec;
  spec.n_users = kUsers, spec.n_items = kItems;
  const Fallback fallback(spec, biases, train);
  const FakeEstimates net(kUsers, kItems);

  std::vector<UserQuery> users;
  std::vector<ItemIdx> items;
  for (std::int32_t u = 0; u < kUsers; ++u) users.push_back({.user = UserIdx{u}});
  for (std::int32_t i = 0; i < kItems; ++i) items.push_back(ItemIdx{i});
  const std::vector<ItemIdx> first_items(items.begin(), items.begin() + 200);
  std::vector<std::span<const ItemIdx>> seen(kUsers);
  seen[3] = first_items;

  std::vector<float> scores = net.of_net;
  fallback.replace(users, items, scores);
  const auto expected = best_of_rows(scores, items, seen, 10);
  const int threads = omp_get_max_threads();
  for (const int n : {1, 2}) {
    omp_set_num_threads(n);
    const auto lists = best_by_estimates(net, fallback, users, items, seen, 10);
    ASSERT_EQ(lists.size(), expected.size());
    for (std::size_t u = 0; u < lists.size(); ++u) EXPECT_TRUE(lists[u] == expected[u]) << u;
  }
  omp_set_num_threads(threads);
  // The cold user's best are the items of the largest bias; a cold item is in some warm user's list.
  EXPECT_EQ(expected.back()[0].item, ItemIdx{kItems - 1});
  EXPECT_TRUE(
      std::ranges::any_of(expected[0], [](const ScoredItem& one) { return number(one.item) % 10 == 0; }));
}

}  // namespace
