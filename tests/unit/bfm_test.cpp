// The sampler of factorization machines against a plain one.
#include <gtest/gtest.h>

#include <cmath>

#include "movrec/core/random.hpp"
#include "solve/bfm/bfm_block.hpp"
#include "solve/common/gauss.hpp"
#include "support/bfm_world.hpp"

using namespace movrec;

namespace {

constexpr int kRank = 3;

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
  const BfmWorld world;
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
  const BfmWorld world;
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
  const BfmWorld world;
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

}  // namespace
