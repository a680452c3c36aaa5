// The sampler of factorization machines against a plain one, and against data whose truth is known.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/error.hpp"
#include "movrec/core/random.hpp"
#include "movrec/solve/bfm_posterior.hpp"
#include "solve/bfm_block.hpp"
#include "solve/cut_points.hpp"
#include "solve/gauss.hpp"

using namespace movrec;

namespace {

constexpr int kRank = 3;

/// 30 users, 20 items; the last user and item have no ratings. Three days.
struct World {
  World() {
    RandomStream random(7, 0);
    ratings.n_users = 30;
    ratings.n_items = 20;
    for (int k = 0; k < 300; ++k) {
      ratings.users.push_back(UserIdx{static_cast<std::int32_t>(random.below(29))});
      ratings.items.push_back(ItemIdx{static_cast<std::int32_t>(random.below(19))});
      ratings.stars.push_back(1 + static_cast<float>(random.below(5)));
      ratings.times.push_back(86400 * random.below(3) + 5);
    }
    for (int user = 0; user < 30; ++user) {
      users.ages.push_back(static_cast<std::int16_t>(18 + user % 4));
      users.genders.push_back(user % 3 == 0 ? 'F' : 'M');
      users.occupations.push_back(static_cast<std::int16_t>(user % 5));
      users.zips.push_back(user % 2 == 0 ? "12345" : "Z1");
    }
    for (int item = 0; item < 20; ++item) {
      catalog.titles.push_back("item");
      catalog.years.push_back(static_cast<std::int16_t>(item % 7 == 0 ? 0 : 1970 + item));
      catalog.genre_bits.push_back(static_cast<std::uint32_t>(item % 8));
    }
    catalog.genre_names = {"a", "b", "c"};
  }
  SideInfo side() const { return {catalog, users}; }

  Ratings ratings;
  Catalog catalog;
  UserFeatures users;
};

std::vector<std::string> all_families() {
  return {bfm_families().begin(), bfm_families().end()};
}

/// A factorization machine over a plain design matrix, in double precision and row by row.
struct Plain {
  struct Cell {
    std::size_t feature;
    double x;
  };
  struct Group {
    std::string name;
    std::uint32_t number;
    std::size_t begin, end;
  };

  explicit Plain(const BfmDesign& design) : rows(design.rows.size()) {
    const auto add_block = [&](const BfmBlock& block, std::uint32_t number, const auto& block_row_of) {
      for (const BfmGroup& group : block.groups) {
        const std::size_t first = w.size();
        w.resize(first + group.n_features());
        groups.push_back({group.name, number++, first, w.size()});
        for (std::size_t row = 0; row < rows.size(); ++row) {
          const std::size_t at = block_row_of(row);
          for (std::uint32_t k = group.row_begin[at]; k < group.row_begin[at + 1]; ++k)
            rows[row].push_back({first + group.features[k], static_cast<double>(group.weight[at])});
        }
      }
    };
    std::vector<std::size_t> segment(rows.size()), user(rows.size());
    for (std::size_t s = 0; s < design.n_segments(); ++s)
      for (std::size_t row = design.segment_begin[s]; row < design.segment_begin[s + 1]; ++row)
        segment[row] = s;
    for (std::size_t u = 0; u + 1 < design.user_segments.size(); ++u)
      for (std::size_t row = 0; row < rows.size(); ++row)
        if (segment[row] >= design.user_segments[u] && segment[row] < design.user_segments[u + 1])
          user[row] = u;
    add_block(design.user, 0, [&](std::size_t row) { return user[row]; });
    add_block(design.context, 200, [&](std::size_t row) { return segment[row]; });
    add_block(design.item, 100, [&](std::size_t row) { return design.items[row]; });
    v.assign(kRank, std::vector<double>(w.size()));
  }

  void load(const StateDict& state) {
    for (const Group& group : groups) {
      const std::size_t n = group.end - group.begin;
      const auto weights = state.values<float>(group.name + ".w", n);
      const auto factors = state.values<float>(group.name + ".v", n * kRank);
      for (std::size_t j = 0; j < n; ++j) {
        w[group.begin + j] = static_cast<double>(weights[j]);
        for (std::size_t f = 0; f < kRank; ++f)
          v[f][group.begin + j] = static_cast<double>(factors[f * n + j]);
      }
    }
  }

  double score(std::size_t row) const {
    double out = w0;
    for (const Cell& cell : rows[row]) out += w[cell.feature] * cell.x;
    for (const auto& factor : v) {
      double q = 0, squares = 0;
      for (const Cell& cell : rows[row]) {
        q += factor[cell.feature] * cell.x;
        squares += std::pow(factor[cell.feature] * cell.x, 2);
      }
      out += (q * q - squares) / 2;
    }
    return out;
  }

  /// One gaussian sweep with the random numbers of the sampler's sweep `sweep`.
  void sweep(const std::vector<float>& stars, std::uint64_t seed, int sweep, double mean_stars) {
    RandomStream random(mix_seed(bfm::chain_seed(seed, 0), bfm::kHyper), static_cast<std::uint64_t>(sweep));
    const auto n = static_cast<double>(rows.size());
    double sum = 0, squares = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const double e = score(row) - static_cast<double>(stars[row]);
      sum += e;
      squares += e * e;
    }
    const double alpha = bfm::draw_gamma(random, (1 + n) / 2, (1 + squares) / 2);
    const double precision = 1 + alpha * n;
    w0 = (mean_stars - alpha * (sum - n * w0)) / precision + random.normal() / std::sqrt(precision);

    struct Prior {
      double mean, precision;
    };
    std::vector<std::vector<Prior>> priors(groups.size());
    const auto draw_prior = [&](const std::vector<double>& theta, const Group& group) {
      const auto size = static_cast<double>(group.end - group.begin);
      double mean = 0, spread = 0;
      for (std::size_t j = group.begin; j < group.end; ++j) mean += theta[j] / size;
      for (std::size_t j = group.begin; j < group.end; ++j) spread += std::pow(theta[j] - mean, 2);
      const double lambda =
          bfm::draw_gamma(random, (1 + size) / 2, (1 + spread + size * mean * mean / (1 + size)) / 2);
      return Prior{size * mean / (1 + size) + random.normal() / std::sqrt(lambda * (1 + size)), lambda};
    };
    for (const std::uint32_t block : {0U, 1U, 2U})  // user, item, context
      for (std::size_t g = 0; g < groups.size(); ++g) {
        if (groups[g].number / 100 != block) continue;
        priors[g].push_back(draw_prior(w, groups[g]));
        for (const auto& factor : v) priors[g].push_back(draw_prior(factor, groups[g]));
      }
    const bfm::SweepKey key = bfm::sweep_key(bfm::chain_seed(seed, 0), sweep);
    for (int f = -1; f < kRank; ++f)
      for (std::size_t g = 0; g < groups.size(); ++g) {
        const Group& group = groups[g];
        std::vector<float> noise(group.end - group.begin);
        bfm::fill_normals({key.key, key.sweep, bfm::purpose_of(group.number, f)}, 0, noise);
        const Prior prior = priors[g][static_cast<std::size_t>(f + 1)];
        for (std::size_t j = group.begin; j < group.end; ++j) {
          double& theta = f < 0 ? w[j] : v[static_cast<std::size_t>(f)][j];
          double sum_h2 = 0, sum_he = 0;
          for (std::size_t row = 0; row < rows.size(); ++row) {
            double x = 0, others = 0;
            for (const Cell& cell : rows[row]) {
              if (cell.feature == j)
                x = cell.x;
              else if (f >= 0)
                others += v[static_cast<std::size_t>(f)][cell.feature] * cell.x;
            }
            if (x == 0) continue;
            const double h = f < 0 ? x : x * others;
            sum_h2 += h * h;
            sum_he += h * (score(row) - static_cast<double>(stars[row]));
          }
          const double p = prior.precision + alpha * sum_h2;
          theta = (prior.precision * prior.mean - alpha * (sum_he - sum_h2 * theta)) / p +
                  static_cast<double>(noise[j - group.begin]) / std::sqrt(p);
        }
      }
  }

  std::vector<std::vector<Cell>> rows;
  std::vector<Group> groups;
  std::vector<double> w;
  std::vector<std::vector<double>> v;
  double w0 = 0;
};

void expect_equals_plain(const std::vector<std::string>& families) {
  const World world;
  const SideInfo side = world.side();
  const BfmDesign design = make_bfm_design(world.ratings, &side, families);
  BfmSampler sampler(design, /*is_probit=*/false, kRank, 5, 0);
  for (int sweep = 0; sweep < 3; ++sweep) sampler.sweep(1);
  StateDict before, after;
  sampler.save(before, "");
  sampler.sweep(2);
  sampler.save(after, "");

  Plain plain(design);
  plain.load(before);
  plain.w0 = before.get("scalars").as<double>()[1];
  double mean_stars = 0;
  for (const float stars : design.stars) mean_stars += static_cast<double>(stars);
  plain.sweep(design.stars, 5, 3, mean_stars / static_cast<double>(design.stars.size()));
  EXPECT_NEAR(after.get("scalars").as<double>()[1], plain.w0, 1e-6);
  for (const Plain::Group& group : plain.groups) {
    const std::size_t n = group.end - group.begin;
    const auto weights = after.values<float>(group.name + ".w", n);
    const auto factors = after.values<float>(group.name + ".v", n * kRank);
    for (std::size_t j = 0; j < n; ++j) {
      EXPECT_NEAR(static_cast<double>(weights[j]), plain.w[group.begin + j], 1e-4) << group.name << ' ' << j;
      for (std::size_t f = 0; f < kRank; ++f)
        EXPECT_NEAR(static_cast<double>(factors[f * n + j]), plain.v[f][group.begin + j], 1e-4)
            << group.name << ' ' << j << " factor " << f;
    }
  }
}

TEST(BfmSampler, EqualsThePlainSamplerOverTheDesignMatrix) {
  expect_equals_plain({"user", "item", "implicit-user", "implicit-item"});
  expect_equals_plain({"user", "item", "user-day"});
  expect_equals_plain(all_families());
}

TEST(BfmSampler, DoesNotDependOnThreads) {
  const World world;
  const SideInfo side = world.side();
  const BfmDesign design = make_bfm_design(world.ratings, &side, all_families());
  for (const bool is_probit : {false, true}) {
    StateDict states[2];
    for (int threads = 1; threads <= 2; ++threads) {
      BfmSampler sampler(design, is_probit, kRank, 5, 0);
      for (int sweep = 0; sweep < 4; ++sweep) sampler.sweep(threads);
      sampler.save(states[threads - 1], "");
    }
    for (const auto& [name, array] : states[0].arrays())
      EXPECT_EQ(array.bytes, states[1].get(name).bytes) << name;
  }
}

TEST(BfmSampler, GoesOnFromItsStateToTheBit) {
  const World world;
  const SideInfo side = world.side();
  const BfmDesign design = make_bfm_design(world.ratings, &side, all_families());
  BfmSampler straight(design, true, kRank, 5, 1), half(design, true, kRank, 5, 1);
  for (int sweep = 0; sweep < 3; ++sweep) half.sweep(1);
  StateDict state, resumed_state, straight_state;
  half.save(state, "");
  BfmSampler resumed(design, true, kRank, 5, 1);
  resumed.load(state, "");
  for (int sweep = 0; sweep < 3; ++sweep) resumed.sweep(1);
  for (int sweep = 0; sweep < 6; ++sweep) straight.sweep(1);
  resumed.save(resumed_state, "");
  straight.save(straight_state, "");
  for (const auto& [name, array] : straight_state.arrays())
    EXPECT_EQ(array.bytes, resumed_state.get(name).bytes) << name;
}

/// 300 users, 100 items, 40 ratings each: a product of two factors, biases, and noise of 0.5.
struct Truth {
  static constexpr double kNoise = 0.5;
  Truth() {
    RandomStream random(11, 0);
    const auto normals = [&](std::size_t n, double scale) {
      std::vector<double> out(n);
      for (double& x : out) x = scale * random.normal();
      return out;
    };
    const auto user_bias = normals(300, 0.4), item_bias = normals(100, 0.4), user = normals(600, 0.6),
               item = normals(200, 0.6);
    for (Ratings* part : {&train, &test}) part->n_users = 300, part->n_items = 100;
    for (std::int32_t u = 0; u < 300; ++u) {
      const auto order = random_permutation(100, 3, static_cast<std::uint64_t>(u));
      for (std::size_t k = 0; k < 50; ++k) {
        const std::uint32_t i = order[k];
        const auto at = static_cast<std::size_t>(u);
        const double mean = 3 + user_bias[at] + item_bias[i] + user[2 * at] * item[2 * i] +
                            user[2 * at + 1] * item[2 * i + 1];
        Ratings& part = k < 40 ? train : test;
        part.users.push_back(UserIdx{u});
        part.items.push_back(ItemIdx{static_cast<std::int32_t>(i)});
        part.stars.push_back(static_cast<float>(mean + kNoise * random.normal()));
      }
    }
  }
  Ratings train, test;
};

struct Fit {
  std::vector<float> stars, deviations;
  double noise = 0, rmse = 0;
  double within(double z, const Ratings& test) const {
    double n = 0;
    for (std::size_t k = 0; k < stars.size(); ++k)
      n += std::abs(static_cast<double>(stars[k] - test.stars[k])) <= z * static_cast<double>(deviations[k]);
    return n / static_cast<double>(stars.size());
  }
};

Fit fit(const Ratings& train, const Ratings& test, bool is_probit, int rank, int sweeps) {
  const std::vector<std::string> families{"user", "item"};
  const BfmDesign design = make_bfm_design(train, nullptr, families);
  BfmSampler sampler(design, is_probit, rank, 1, 0);
  BfmPosterior posterior(design, sampler.levels(), rank);
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    sampler.sweep(1);
    if (sweep >= sweeps / 4) posterior.add(sampler.draw());
  }
  Fit fit;
  fit.stars.resize(test.size());
  fit.deviations.resize(test.size());
  posterior.predict({test.users, test.items, {}}, fit.stars, fit.deviations);
  fit.noise = 1 / std::sqrt(sampler.noise_precision());
  for (std::size_t k = 0; k < test.size(); ++k)
    fit.rmse += std::pow(static_cast<double>(fit.stars[k] - test.stars[k]), 2);
  fit.rmse = std::sqrt(fit.rmse / static_cast<double>(test.size()));
  return fit;
}

TEST(BfmSampler, RecoversTheNoiseOfItsOwnModelWithHonestIntervals) {
  const Truth truth;
  const Fit result = fit(truth.train, truth.test, /*is_probit=*/false, 2, 200);
  EXPECT_NEAR(result.noise, Truth::kNoise, 0.02);
  EXPECT_LT(result.rmse, 1.12 * Truth::kNoise);  // biases alone: 0.75
  EXPECT_NEAR(result.within(0.67449, truth.test), 0.5, 0.03);
  EXPECT_NEAR(result.within(1.28155, truth.test), 0.8, 0.03);
  EXPECT_NEAR(result.within(1.95996, truth.test), 0.95, 0.02);
}

TEST(BfmSampler, SeesOrderedClassesAsAProbitDoes) {
  Truth truth;
  for (Ratings* part : {&truth.train, &truth.test})
    for (float& stars : part->stars) stars = std::clamp(std::round(stars), 1.F, 5.F);
  const Fit probit = fit(truth.train, truth.test, true, 2, 150);
  const Fit gaussian = fit(truth.train, truth.test, false, 2, 150);
  EXPECT_LT(probit.rmse, gaussian.rmse + 0.003);
  EXPECT_NEAR(probit.within(1.28155, truth.test), 0.8,
              0.07);  // stars are discrete, so nominal shares are not met
}

TEST(BfmPosterior, AnswersWhatTrainingDoesNotKnow) {
  const World world;
  const SideInfo side = world.side();
  const BfmDesign design = make_bfm_design(world.ratings, &side, all_families());
  BfmSampler sampler(design, true, kRank, 5, 0);
  BfmPosterior posterior(design, sampler.levels(), kRank);
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
  World world;
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

TEST(Gauss, IsTheNormalDistribution) {
  for (double x = -12; x < 6; x += 0.01) {
    const double exact = 0.5 * std::erfc(-x / std::sqrt(2.0));
    const double p = static_cast<double>(gauss::cdf(static_cast<float>(x)));
    ASSERT_NEAR(p, exact, 1e-5 * std::min(exact, 0.02) + 1e-7 * exact) << x;
    if (x < 0) {
      ASSERT_NEAR(static_cast<double>(gauss::quantile(static_cast<float>(exact))), x, 3e-6) << x;
    }
  }
  std::vector<float> normals(100'000);
  bfm::fill_normals({{1, 2}, 3, 4}, 0, normals);
  double moments[4] = {};
  for (const float z : normals)
    for (int k = 0; k < 4; ++k) moments[k] += std::pow(static_cast<double>(z), k + 1) / 1e5;
  EXPECT_NEAR(moments[0], 0, 0.01);
  EXPECT_NEAR(moments[1], 1, 0.015);
  EXPECT_NEAR(moments[2], 0, 0.03);
  EXPECT_NEAR(moments[3], 3, 0.1);
  std::vector<float> later(64);
  bfm::fill_normals({{1, 2}, 3, 4}, 640, later);
  EXPECT_TRUE(std::equal(later.begin(), later.end(), normals.begin() + 640));
}

TEST(CutPoints, AreRecovered) {
  const double truth[] = {-1.5, -0.5, 0.2, 1.3};
  RandomStream random(3, 0);
  std::vector<float> scores;
  std::vector<std::uint8_t> classes;
  std::vector<double> counts(5);
  float lowest = 0, highest = 0;
  for (int k = 0; k < 20'000; ++k) {
    scores.push_back(static_cast<float>(0.8 * random.normal()));
    const double z = static_cast<double>(scores.back()) + random.normal();
    classes.push_back(static_cast<std::uint8_t>(std::ranges::upper_bound(truth, z) - truth));
    ++counts[classes.back()];
    lowest = std::min(lowest, scores.back());
    highest = std::max(highest, scores.back());
  }
  bfm::ScoreGrid grid(5, lowest, highest);
  grid.add(scores, classes.data());
  bfm::CutPoints cuts(counts);
  double mean[4] = {}, square[4] = {};
  for (int sweep = 0; sweep < 200; ++sweep) {
    cuts.sample(grid, random);
    for (std::size_t k = 0; k < 4; ++k) {
      mean[k] += cuts.values()[k] / 200;
      square[k] += cuts.values()[k] * cuts.values()[k] / 200;
    }
  }
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(mean[k], truth[k], 0.04) << k;
    const double deviation = std::sqrt(square[k] - mean[k] * mean[k]);
    EXPECT_GT(deviation, 0.005) << k;  // about 1 / sqrt(rows near the cut)
    EXPECT_LT(deviation, 0.03) << k;
  }
}

}  // namespace
