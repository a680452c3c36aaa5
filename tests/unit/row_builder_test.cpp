#include "model/common/row_builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "data/side_files.hpp"
#include "movrec/core/error.hpp"

namespace movrec {
namespace {

const std::vector<std::int32_t> kColumns{1, 3, 4, 6, 7};
const std::vector<float> kStars{5, 3, 1, 4, 2};

RowContent content() {
  return {.columns = kColumns, .stars = kStars, .who = {}, .bias = 0.5F};
}

RowNetOptions noisy(const char* noise, double level) {
  RowNetOptions options;
  options.noise = noise;
  options.noise_level = level;
  return options;
}

TEST(RowBuilder, ResidualsAreWhatTheBiasesLeave) {
  const RowBuilder builder(RowValue::residual, {}, 3, {0, 0.25F, 0, 0, -1, 0, 0, 0}, 5);
  RowBatch batch;
  builder.add(batch, {});
  builder.add(batch, content());
  EXPECT_EQ(batch.input.begins, (std::vector<std::int64_t>{0, 0}));
  EXPECT_EQ(batch.input.columns, (std::vector<std::int64_t>{1, 3, 4, 6, 7}));
  EXPECT_EQ(batch.input.values, (std::vector<float>{1.25F, -0.5F, -1.5F, 0.5F, -1.5F}));
}

TEST(RowBuilder, SeenRowsHaveLengthOne) {
  const RowBuilder builder(RowValue::seen, {}, 0, {}, 5);
  RowBatch batch;
  builder.add_for_training(batch, content(), 1, 1);
  float squares = 0;
  for (const float value : batch.input.values) squares += value * value;
  EXPECT_NEAR(squares, 1, 1e-6);
  EXPECT_EQ(batch.target.values, std::vector<float>(5, 1)) << "what is asked for is whether they were rated";
}

TEST(RowBuilder, NoiseIsOnTheInputOnlyAndNeverOutsideOfTraining) {
  for (const char* noise : {"mask", "dropout", "gaussian"}) {
    const RowBuilder clean(RowValue::share, {}, 0, {}, 5),
        builder(RowValue::share, noisy(noise, 0.5), 0, {}, 5);
    RowBatch expected, answer, trained;
    clean.add(expected, content());
    builder.add(answer, content());
    EXPECT_EQ(answer.input.values, expected.input.values) << noise;
    for (std::uint64_t stream = 0; stream < 32; ++stream)
      builder.add_for_training(trained, content(), 7, stream);
    EXPECT_NE(trained.input.values.size() == trained.target.values.size() &&
                  trained.input.values == trained.target.values,
              true)
        << noise;
    for (std::size_t k = 0; k < trained.target.values.size(); ++k)
      ASSERT_EQ(trained.target.values[k], expected.input.values[k % 5]) << noise;
  }
}

TEST(RowBuilder, NoiseHasItsLevel) {
  const std::size_t n = 20000;
  std::vector<std::int32_t> columns(n);
  std::iota(columns.begin(), columns.end(), 0);
  const std::vector<float> stars(n, 4);
  const RowContent row{.columns = columns, .stars = stars};
  const auto inputs = [&](const char* noise, double level) {
    RowBatch batch;
    RowBuilder(RowValue::share, noisy(noise, level), 0, {}, 4).add_for_training(batch, row, 3, 1);
    return batch.input.values;
  };
  const std::vector<float> masked = inputs("mask", 0.3), dropped = inputs("dropout", 0.3);
  EXPECT_NEAR(static_cast<double>(masked.size()) / static_cast<double>(n), 0.7, 0.015);
  EXPECT_EQ(masked[0], 1);
  EXPECT_NEAR(dropped[0], 1 / 0.7, 1e-6) << "what is left is scaled up";
  double squares = 0;
  for (const float value : inputs("gaussian", 0.25)) squares += (value - 1) * (value - 1);
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(n)), 0.25, 0.01);
}

TEST(RowBuilder, HidesExactlyThePercentagesAskedForAnewEachTime) {
  RowNetOptions options;
  options.hide_percent = {40};
  const RowBuilder builder(RowValue::share, options, 0, {}, 5);
  std::set<std::vector<std::int64_t>> shown;
  for (std::uint64_t stream = 0; stream < 200; ++stream) {
    RowBatch batch;
    builder.add_for_training(batch, content(), 1, stream);
    ASSERT_EQ(batch.input.columns.size(), 3U) << "two of five are hidden";
    ASSERT_EQ(batch.target.columns.size(), 5U);
    ASSERT_TRUE(std::ranges::is_sorted(batch.input.columns));
    shown.insert(batch.input.columns);
  }
  EXPECT_EQ(shown.size(), 10U) << "every choice of three of five comes";
}

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

class Profile : public testing::Test {
 protected:
  Profile() {
    items_.genre_names = {"Action", "Comedy"};
    items_.genre_bits = {0, 1, 0, 2, 3, 0, 1, 0};
    users_.ages = {20, 0, 40};
    users_.genders = {'M', 'F', '?'};
    users_.occupations = {0, 2, -1};
    users_.occupation_names = {"artist", "doctor", "writer"};
  }
  std::vector<float> inputs(const ProfileInputs& profile, const RowContent& row) const {
    std::vector<float> out;
    profile.append(row, std::vector<char>(row.columns.size(), 1), out);
    return out;
  }
  Catalog items_;
  UserFeatures users_;
};

TEST_F(Profile, SlotsAreAgeGenderOccupationAndGenres) {
  const ProfileInputs profile({items_, users_}, /*one_hot_occupation=*/false, 5);
  EXPECT_EQ(profile.size(), 5U);
  const std::vector<float> out = inputs(
      profile, {.columns = kColumns, .stars = kStars, .who = {.age = 24, .gender = 'M', .occupation = 2}});
  ASSERT_EQ(out.size(), 5U);
  EXPECT_FLOAT_EQ(out[0], 0.24F);
  EXPECT_FLOAT_EQ(out[1], 1);
  EXPECT_FLOAT_EQ(out[2], 1) << "the last of the occupations";
  EXPECT_FLOAT_EQ(out[3], (5 + 1 + 4) / 25.F) << "Action: items 1, 4 and 6";
  EXPECT_FLOAT_EQ(out[4], (3 + 1) / 25.F) << "Comedy: items 3 and 4";
}

TEST_F(Profile, HiddenRatingsDoNotShowInTheGenres) {
  RowNetOptions options;
  options.hide_percent = {100};
  RowBuilder builder(RowValue::share, options, 0, {}, 5);
  builder.set_profile(ProfileInputs({items_, users_}, false, 5));
  RowBatch batch;
  builder.add_for_training(batch, content(), 1, 1);
  EXPECT_EQ(batch.side[3], 0);
  EXPECT_EQ(batch.side[4], 0);
}

TEST_F(Profile, WhatIsNotKnownIsTheMeanOfThoseOfWhomItIs) {
  const ProfileInputs profile({items_, users_}, false, 5);
  const std::vector<float> out = inputs(profile, {});
  EXPECT_FLOAT_EQ(out[0], 0.3F);
  EXPECT_FLOAT_EQ(out[1], 0.5F);
  EXPECT_FLOAT_EQ(out[2], 0.5F);
}

TEST_F(Profile, NeedsNoSideInformation) {
  const Catalog no_items;
  const UserFeatures nobody;
  const ProfileInputs profile({no_items, nobody}, false, 5);
  EXPECT_EQ(inputs(profile, {.columns = kColumns, .stars = kStars}), (std::vector<float>{0.5F, 0.5F, 0.5F}));
}

TEST_F(Profile, OneHotOccupationsHaveASlotEach) {
  const ProfileInputs profile({items_, users_}, /*one_hot_occupation=*/true, 5);
  EXPECT_EQ(profile.size(), 7U);
  const std::vector<float> out = inputs(profile, {.columns = {}, .stars = {}, .who = {.occupation = 1}});
  EXPECT_EQ(out[2], 0);
  EXPECT_EQ(out[3], 1);
  EXPECT_EQ(out[4], 0);
}

TEST_F(Profile, ColumnsOfUsersHaveAnInputForEachCategoryAndBin) {
  const ProfileInputs without({items_, users_}, false, 5);
  users_.columns.push_back(side_column("hobby", {"chess|rowing", "", "chess"}));
  users_.columns.push_back({.name = "income", .categories = {}, .numbers = {30, 50, kUnknown}});
  users_.columns.push_back(side_column("nothing", {"", "", ""}));
  const ProfileInputs profile({items_, users_}, false, 5);
  StateDict state;
  profile.save(state);
  for (const ProfileInputs& one : {profile, ProfileInputs(state, false, 5)}) {
    ASSERT_EQ(one.size(), without.size() + 4);
    const auto of = [&](UserIdx user) {
      const std::vector<float> out = inputs(one, {.columns = kColumns, .stars = kStars, .user = user});
      EXPECT_EQ(std::vector<float>(out.begin(), out.end() - 4),
                inputs(without, {.columns = kColumns, .stars = kStars}));
      return std::vector<float>(out.end() - 4, out.end());
    };
    EXPECT_EQ(of(UserIdx{0}), (std::vector<float>{std::sqrt(0.5F), std::sqrt(0.5F), 1, 0}));
    EXPECT_EQ(of(UserIdx{1}), (std::vector<float>{0, 0, 0, 1}));
    EXPECT_EQ(of(UserIdx{2}), (std::vector<float>{1, 0, 0, 0}));
    EXPECT_EQ(of(kNoUser), (std::vector<float>(4)));
  }
  state.set("columns.inputs", std::vector<std::int32_t>{0, 1, 900, 2, 3});
  EXPECT_THROW(ProfileInputs(state, false, 5), Error);
}

TEST_F(Profile, RareCategoriesOfManyAreNoInputs) {
  users_.columns.push_back({.name = "name", .categories = {}});
  SideColumn& names = users_.columns.back();
  for (std::uint32_t k = 0; k < 300; ++k) {
    names.categories.push_back(std::to_string(k));
    names.values.push_back(k < 299 ? k : 0);
    names.begin.push_back(k + 1);
  }
  EXPECT_EQ(ProfileInputs({items_, users_}, false, 5).size(), 5U + 256);
}

TEST_F(Profile, IsTheSameAfterLoading) {
  for (const bool one_hot : {false, true}) {
    const ProfileInputs profile({items_, users_}, one_hot, 5);
    StateDict state;
    profile.save(state);
    const RowContent row{
        .columns = kColumns, .stars = kStars, .who = {.age = 30, .gender = 'F', .occupation = 1}};
    EXPECT_EQ(inputs(profile, row), inputs(ProfileInputs(state, one_hot, 5), row));
  }
}

}  // namespace
}  // namespace movrec
