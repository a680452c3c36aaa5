// What factorization machines are made of, and what they answer about who and what they do not know.
#include <gtest/gtest.h>

#include <cmath>

#include "movrec/core/error.hpp"
#include "movrec/solve/bfm/bfm.hpp"
#include "movrec/solve/bfm/bfm_posterior.hpp"
#include "support/bfm_world.hpp"

using namespace movrec;

namespace {

TEST(BfmPosterior, AnswersWhatTrainingDoesNotKnow) {
  const BfmWorld world;
  const SideInfo side = world.side();
  const BfmDesign design = make_bfm_design(world.ratings, &side, all_families());
  BfmSampler sampler(design, true, 3, 5, 0);
  BfmPosterior posterior(design, sampler.levels(), 3);
  const std::vector<UserIdx> users{UserIdx{0}, UserIdx{29}, kNoUser, UserIdx{0}, UserIdx{0}, kNoUser};
  const std::vector<ItemIdx> items{ItemIdx{0}, ItemIdx{0}, ItemIdx{0}, ItemIdx{19}, kNoItem, kNoItem};
  const std::vector<std::int64_t> times(6, 86400), never(6, 86400 * 500);
  std::vector<float> stars(6), deviations(6);
  posterior.predict({users, items, times}, stars, deviations);
  for (const float x : stars) EXPECT_NEAR(static_cast<double>(x), 3, 0.5);  // no draw yet: the mean
  for (int sweep = 0; sweep < 20; ++sweep) {
    sampler.sweep(1);
    posterior.add(sampler.draw());
  }
  for (const auto& at : {std::span<const std::int64_t>(), std::span(times), std::span(never)}) {
    posterior.predict({users, items, at}, stars, deviations);
    for (std::size_t k = 0; k < stars.size(); ++k) {
      EXPECT_GT(stars[k], 1.F);
      EXPECT_LT(stars[k], 5.F);
      EXPECT_GT(deviations[k], 0.5F);
      EXPECT_LT(deviations[k], 2.5F);
    }
  }
  StateDict state;
  posterior.save(state);
  std::vector<float> again(6);
  BfmPosterior(state, 30, 20).predict({users, items, times}, again, {});
  posterior.predict({users, items, times}, stars, {});
  EXPECT_EQ(again, stars);
  EXPECT_THROW(BfmPosterior(state, 31, 20), Error);
}

TEST(BfmDesign, SaysWhichFeaturesThereAre) {
  BfmWorld world;
  const SideInfo side = world.side();
  const auto refuses = [&](const Ratings& ratings, const SideInfo* info, const std::string& family) {
    const std::vector<std::string> families{"user", family};
    EXPECT_THROW(make_bfm_design(ratings, info, families), Error) << family;
  };
  refuses(world.ratings, nullptr, "age");
  refuses(world.ratings, nullptr, "genres");
  refuses(world.ratings, &side, "gendr");
  Ratings timeless = world.ratings;
  timeless.times.clear();
  refuses(timeless, &side, "day");
  const BfmDesign all = make_bfm_design(world.ratings, &side, {});
  EXPECT_EQ(all.user.groups.size(), 6U);  // user, implicit-user, age, gender, occupation, zip
  EXPECT_EQ(all.item.groups.size(), 4U);  // item, implicit-item, genres, year
  EXPECT_EQ(all.context.n_rows, 0U);
}

TEST(BfmDesign, HasBagsOfTrainingRowsWithoutRepeats) {
  Ratings ratings;
  ratings.n_users = 2;
  ratings.n_items = 5;
  for (const int item : {3, 1, 3, 4}) {
    ratings.users.push_back(UserIdx{1});
    ratings.items.push_back(ItemIdx{item});
    ratings.stars.push_back(3);
  }
  const std::vector<std::string> families{"implicit-user"};
  const BfmDesign design = make_bfm_design(ratings, nullptr, families);
  const BfmGroup& bag = design.user.groups.at(0);
  const auto row = static_cast<std::size_t>(design.user_rows[1]);
  EXPECT_EQ(bag.row_begin[row + 1] - bag.row_begin[row], 3U);
  EXPECT_FLOAT_EQ(bag.weight[row], 1 / std::sqrt(3.F));
  EXPECT_EQ(bag.weight[static_cast<std::size_t>(design.user_rows[0])], 0.F);
}

}  // namespace
