// What factorization machines are made of, and what they answer about who and what they do not know.
#include <gtest/gtest.h>

#include <cmath>

#include "data/side_files.hpp"
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

/// A world with columns, of which "year" and "tag" are called as something else is, too.
BfmWorld with_columns() {
  BfmWorld world;
  std::vector<std::string> brands, tags, years, clubs;
  std::vector<float> prices;
  for (int item = 0; item < 20; ++item) {
    brands.push_back(item % 4 == 3 ? "" : item % 4 == 2 ? "a|b" : item % 4 == 1 ? "b" : "a");
    years.push_back(item % 2 == 0 ? "old" : "new");
    prices.push_back(item % 5 == 4 ? std::nanf("") : static_cast<float>(item));
    tags.emplace_back("x");
  }
  for (int user = 0; user < 30; ++user) clubs.push_back(user % 3 == 0 ? "" : user % 3 == 1 ? "yes" : "no");
  world.catalog.columns = {side_column("brand", brands),
                           {.name = "price", .categories = {}, .numbers = prices},
                           side_column("year", years),
                           side_column("tag", tags)};
  world.users.columns = {side_column("club", clubs), side_column("tag", clubs),
                         side_column("nothing", std::vector<std::string>(30))};
  return world;
}

std::vector<std::string> side_names(const BfmBlock& block) {
  std::vector<std::string> names;
  for (const BfmGroup& group : block.groups)
    if (group.is_side) names.push_back(group.name);
  return names;
}

TEST(BfmDesign, ColumnsAreFamiliesByTheirNames) {
  const BfmWorld world = with_columns();
  const SideInfo side = world.side();
  const BfmDesign all = make_bfm_design(world.ratings, &side, {});
  EXPECT_EQ(side_names(all.item),
            (std::vector<std::string>{"genres", "year", "brand", "price", "item.year", "item.tag"}));
  EXPECT_EQ(side_names(all.user),
            (std::vector<std::string>{"age", "gender", "occupation", "zip", "club", "user.tag"}));
  const auto chosen = [&](const std::vector<std::string>& families) {
    const BfmDesign design = make_bfm_design(world.ratings, &side, families);
    std::vector<std::string> names = side_names(design.user);
    for (const std::string& name : side_names(design.item)) names.push_back(name);
    return names;
  };
  EXPECT_EQ(chosen({"user", "price", "club"}), (std::vector<std::string>{"club", "price"}));
  EXPECT_EQ(chosen({"item.price", "user.club"}), (std::vector<std::string>{"club", "price"}));
  EXPECT_EQ(chosen({"item.year", "user.tag"}), (std::vector<std::string>{"user.tag", "item.year"}));
  EXPECT_EQ(chosen({"year"}), (std::vector<std::string>{"year"}));
  for (const char* refused : {"tag", "nothing", "user.price", "pricey"})
    EXPECT_THROW(chosen({refused}), Error);
}

TEST(BfmDesign, ColumnsAreBagsOfCategoriesAndBinsOfNumbers) {
  const BfmWorld world = with_columns();
  const SideInfo side = world.side();
  const std::vector<std::string> families{"brand", "price"};
  const BfmDesign design = make_bfm_design(world.ratings, &side, families);
  const BfmGroup &brand = design.item.groups.at(0), &price = design.item.groups.at(1);
  EXPECT_EQ(brand.n_features(), 2U);
  EXPECT_EQ(price.n_features(), 16U) << "few enough for a bin each";
  const auto features = [&](const BfmGroup& group, int item) {
    const auto row = static_cast<std::size_t>(design.item_rows[static_cast<std::size_t>(item)]);
    return std::vector<std::uint32_t>(group.features.begin() + group.row_begin[row],
                                      group.features.begin() + group.row_begin[row + 1]);
  };
  EXPECT_EQ(features(brand, 1), (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(features(brand, 2), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_FLOAT_EQ(brand.weight[static_cast<std::size_t>(design.item_rows[2])], std::sqrt(0.5F));
  EXPECT_TRUE(features(brand, 3).empty());
  EXPECT_EQ(features(price, 3), (std::vector<std::uint32_t>{3}));
  EXPECT_TRUE(features(price, 4).empty());
}

TEST(BfmPosterior, FoldsInNewcomersOfWhomNoColumnIsKnown) {
  const BfmWorld world = with_columns();
  const SideInfo side = world.side();
  const BfmDesign design = make_bfm_design(world.ratings, &side, {});
  BfmSampler sampler(design, true, 3, 5, 0);
  BfmPosterior posterior(design, sampler.levels(), 3);
  for (int sweep = 0; sweep < 20; ++sweep) {
    sampler.sweep(1);
    posterior.add(sampler.draw());
  }
  StateDict state;
  posterior.save(state);
  const BfmPosterior loaded(state, 30, 20);
  const std::vector<ItemIdx> rated{ItemIdx{1}, ItemIdx{2}}, asked{ItemIdx{3}, ItemIdx{19}};
  const std::vector<float> five{5, 5}, one{1, 1};
  const auto stars_of = [&](const BfmPosterior& model, const std::vector<float>& stars) {
    const std::vector<float> folded = model.fold_in(rated, stars, {0, '?', -1});
    std::vector<float> out(2);
    model.predict({.users = {}, .items = asked, .times = {}, .folded = folded}, out, {});
    return out;
  };
  EXPECT_EQ(stars_of(posterior, five), stars_of(loaded, five));
  EXPECT_GT(stars_of(loaded, five)[0], stars_of(loaded, one)[0]);
}

}  // namespace
