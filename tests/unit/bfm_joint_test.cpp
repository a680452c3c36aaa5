// Geweke's test of a sampler ("Getting it right: joint distribution tests of posterior simulators", JASA
// 2004): where each sweep is followed by new data drawn from the model at hand, the parameters must come from
// their prior. Any mistake in a conditional distribution moves them away from it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/random.hpp"
#include "movrec/solve/bfm/bfm.hpp"

using namespace movrec;

namespace {

constexpr std::int32_t kUsers = 3, kItems = 3;

/// Every user has rated every item; the stars are the test's to write.
Ratings all_pairs() {
  Ratings ratings;
  ratings.n_users = kUsers;
  ratings.n_items = kItems;
  for (std::int32_t user = 0; user < kUsers; ++user)
    for (std::int32_t item = 0; item < kItems; ++item) {
      ratings.users.push_back(UserIdx{user});
      ratings.items.push_back(ItemIdx{item});
      ratings.stars.push_back(0);
    }
  return ratings;
}

/// Draws the stars of all rows anew from the model.
void redraw_stars(BfmDesign& design, const BfmDraw& draw, RandomStream& random) {
  const auto rank = static_cast<std::size_t>(draw.rank);
  for (std::size_t u = 0; u + 1 < design.user_segments.size(); ++u)
    for (std::size_t s = design.user_segments[u]; s < design.user_segments[u + 1]; ++s)
      for (std::size_t row = design.segment_begin[s]; row < design.segment_begin[s + 1]; ++row) {
        const std::size_t i = design.items[row];
        float score = draw.w0 + draw.user.a[u] + draw.item.a[i];
        for (std::size_t f = 0; f < rank; ++f) score += draw.user.q[u * rank + f] * draw.item.q[i * rank + f];
        design.stars[row] = score + draw.noise * static_cast<float>(random.normal());
      }
}

/// Shares of the values below each bound.
std::vector<double> shares_below(const std::vector<double>& values, const std::vector<double>& bounds) {
  std::vector<double> out;
  for (const double bound : bounds)
    out.push_back(static_cast<double>(std::ranges::count_if(values, [&](double v) { return v < bound; })) /
                  static_cast<double>(values.size()));
  return out;
}

TEST(BfmSampler, LeavesThePriorInPlaceWhereDataComeFromTheModel) {
  const Ratings ratings = all_pairs();
  const std::vector<std::string> families{"user", "item"};
  BfmDesign design = make_bfm_design(ratings, nullptr, families);
  BfmSampler sampler(design, /*is_probit=*/false, /*rank=*/1, /*seed=*/3, /*chain=*/0);
  RandomStream random(5, 0);
  std::vector<double> noise_precision, mean, user_weight, item_factor;
  constexpr int kSweeps = 60'000, kBurnIn = 1000;
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    sampler.sweep(1);
    const BfmDraw draw = sampler.draw();
    redraw_stars(design, draw, random);
    if (sweep < kBurnIn) continue;
    noise_precision.push_back(sampler.noise_precision());
    mean.push_back(static_cast<double>(draw.w0));
    user_weight.push_back(static_cast<double>(draw.user.a[1]));
    item_factor.push_back(static_cast<double>(draw.item.q[2]));
  }
  const auto expect_quartiles = [](const std::vector<double>& values, const std::vector<double>& quartiles,
                                   const char* name) {
    const std::vector<double> shares = shares_below(values, quartiles);
    for (std::size_t k = 0; k < 3; ++k)
      EXPECT_NEAR(shares[k], 0.25 * static_cast<double>(k + 1), 0.03) << name;
  };
  expect_quartiles(noise_precision, {0.1015, 0.4549, 1.3233}, "precision: Gamma(1/2, 1/2)");
  expect_quartiles(mean, {-0.6745, 0, 0.6745}, "global mean: N(0, 1)");
  // N(mu, 1/lambda) with mu ~ N(0, 1/lambda) and lambda ~ Gamma(1/2, 1/2): sqrt(2) times a Cauchy variable.
  expect_quartiles(user_weight, {-std::sqrt(2), 0, std::sqrt(2)}, "weight of a user");
  expect_quartiles(item_factor, {-std::sqrt(2), 0, std::sqrt(2)}, "factor of an item");
}

}  // namespace
