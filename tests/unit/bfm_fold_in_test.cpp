// Newcomers of a factorization machine against its definition, solved in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/random.hpp"
#include "movrec/solve/bfm/bfm_posterior.hpp"
#include "support/dense_solve.hpp"

using namespace movrec;
using namespace movrec::test;

namespace {

constexpr std::size_t kRank = 3, kItems = 12;
using Vector = std::vector<double>;

struct World {
  World() {
    RandomStream random(11, 0);
    train.n_users = 40;
    train.n_items = kItems;
    for (int k = 0; k < 300; ++k) {
      const auto user = static_cast<std::int32_t>(random.below(39)),
                 item = static_cast<std::int32_t>(random.below(kItems));
      train.users.push_back(UserIdx{user});
      train.items.push_back(ItemIdx{item});
      train.stars.push_back((user + item) % 2 == 0 ? 5.F : 1.F + static_cast<float>(random.below(3)));
    }
    for (int user = 0; user < 40; ++user) users.ages.push_back(static_cast<std::int16_t>(18 + user % 4));
  }
  BfmDraw draw(const BfmDesign& design) const {
    BfmSampler sampler(design, /*is_probit=*/false, kRank, 5, 0);
    for (int sweep = 0; sweep < 30; ++sweep) sampler.sweep(1);
    return sampler.draw();
  }

  Ratings train;
  UserFeatures users;
  Catalog catalog;
};

/// Σ_j w_j x_j + ½ Σ_f ((Σ_j v_jf x_j)² - Σ_j (v_jf x_j)²) over parts, each with what is inside of it in `a`.
class Machine {
 public:
  void add(std::span<const double> q, double a, double x = 1) {
    sum_ += a * x;
    for (std::size_t f = 0; f < kRank; ++f) {
      total_[f] += q[f] * x;
      squares_ += q[f] * x * q[f] * x;
    }
  }
  double score(double w0) const {
    double out = w0 + sum_ - 0.5 * squares_;
    for (const double q : total_) out += 0.5 * q * q;
    return out;
  }

 private:
  Vector total_ = Vector(kRank);
  double sum_ = 0, squares_ = 0;
};

struct Part {
  Part(const BfmTable& table, std::size_t row)
      : q(table.q.begin() + static_cast<std::ptrdiff_t>(row * kRank),
          table.q.begin() + static_cast<std::ptrdiff_t>((row + 1) * kRank)),
        a(static_cast<double>(table.a[row])) {}
  Vector q;
  double a;
};

struct Case {
  std::vector<std::string> features;
  std::int32_t age;  ///< 0: not said
};

class BfmFoldIn : public testing::TestWithParam<Case> {};

TEST_P(BfmFoldIn, EqualsItsEquationsInDouble) {
  const World world;
  const SideInfo side{world.catalog, world.users};
  const BfmDesign design = make_bfm_design(world.train, &side, GetParam().features);
  const BfmDraw draw = world.draw(design);
  BfmPosterior posterior(design, {}, kRank);
  posterior.add(draw);
  const std::vector<ItemIdx> rated{ItemIdx{0}, ItemIdx{3}, ItemIdx{7}, ItemIdx{8}};
  const std::vector<float> stars{5, 1, 2, 5};

  const BfmFacts facts{GetParam().age, '?', -1};
  EXPECT_EQ(posterior.knows_facts(), GetParam().features.back() == "age");

  const auto row_of = [&](ItemIdx item) { return static_cast<std::size_t>(design.item_rows[index(item)]); };
  const auto score = [&](const Vector& own, ItemIdx item) {  // own: v, then w
    Machine machine;
    machine.add(std::span(own).first(kRank), own[kRank]);
    const Part item_part(draw.item, row_of(item));
    const auto& [ages, features] = design.facts[0];
    const auto age = std::ranges::find(ages, GetParam().age);
    const Part side_part =
        age == ages.end()
            ? Part(draw.newcomer.side, 0)
            : Part(draw.newcomer.facts[0],
                   static_cast<std::size_t>(features[static_cast<std::size_t>(age - ages.begin())]));
    machine.add(side_part.q, side_part.a);
    machine.add(item_part.q, item_part.a);
    for (const ItemIdx of : rated) {
      if (draw.newcomer.bag.a.empty()) continue;
      const Part part(draw.newcomer.bag, row_of(of));
      machine.add(part.q, part.a, 1 / std::sqrt(static_cast<double>(rated.size())));
    }
    return machine.score(static_cast<double>(draw.w0));
  };
  Vector mean(kRank + 1), square(kRank + 1);
  double n_known = 0;
  for (std::size_t row = 0; row < design.user.n_rows; ++row) {
    if (design.user.counts[row] == 0) continue;
    ++n_known;
    const Part part(draw.newcomer.own, row);
    for (std::size_t f = 0; f <= kRank; ++f) {
      const double x = f < kRank ? part.q[f] : part.a;
      mean[f] += x, square[f] += x * x;
    }
  }
  // Scores are linear in the user's own features: their slopes are differences.
  const std::size_t width = kRank + 1;
  Vector matrix(width * width), rhs(width);
  const double noise = static_cast<double>(draw.noise) * static_cast<double>(draw.noise);
  for (std::size_t f = 0; f < width; ++f) {
    mean[f] /= n_known;
    matrix[f * width + f] = noise / (square[f] / n_known - mean[f] * mean[f]);
    rhs[f] = matrix[f * width + f] * mean[f];
  }
  for (std::size_t k = 0; k < rated.size(); ++k) {
    const double offset = score(Vector(width), rated[k]);
    Vector slope(width);
    for (std::size_t f = 0; f < width; ++f) {
      Vector unit(width);
      unit[f] = 1;
      slope[f] = score(unit, rated[k]) - offset;
    }
    for (std::size_t f = 0; f < width; ++f) {
      rhs[f] += slope[f] * (static_cast<double>(stars[k]) - offset);
      for (std::size_t g = 0; g < width; ++g) matrix[f * width + g] += slope[f] * slope[g];
    }
  }
  const Vector own = solved(matrix, rhs);

  std::vector<ItemIdx> all;
  for (std::int32_t item = 0; item < static_cast<std::int32_t>(kItems); ++item) all.push_back(ItemIdx{item});
  const std::vector<float> folded = posterior.fold_in(rated, stars, facts);
  std::vector<float> predicted(kItems);
  posterior.predict({.users = {}, .items = all, .times = {}, .folded = folded}, predicted, {});
  for (const ItemIdx item : all)  // vectors are kept in 8 bits
    EXPECT_NEAR(static_cast<double>(predicted[index(item)]), score(own, item), 0.02) << index(item);
  StateDict state;
  posterior.save(state);
  EXPECT_EQ(BfmPosterior(state, world.train.n_users, world.train.n_items).fold_in(rated, stars, facts),
            folded);
}

const std::vector<std::string> kPlain{"user", "item"}, kBag{"user", "item", "implicit-user"},
    kAll{"user", "item", "implicit-user", "implicit-item", "age"}, kNoBag{"user", "item", "age"};
INSTANTIATE_TEST_SUITE_P(
    Features,
    BfmFoldIn,
    testing::Values(Case{kPlain, 0}, Case{kBag, 0}, Case{kAll, 0}, Case{kAll, 19}, Case{kNoBag, 21}));

TEST(BfmFacts, AloneTellNewcomersApart) {
  const World world;
  const SideInfo side{world.catalog, world.users};
  const BfmDesign design = make_bfm_design(world.train, &side, kAll);
  BfmPosterior posterior(design, {}, kRank);
  posterior.add(world.draw(design));
  const auto of_age = [&](std::int32_t age) { return posterior.fold_in({}, {}, {age, '?', -1}); };
  EXPECT_NE(of_age(18), of_age(20));
  EXPECT_EQ(of_age(77), of_age(0)) << "nobody is as old: the mean of all";
  for (const float x : of_age(18)) EXPECT_TRUE(std::isfinite(x));
}

}  // namespace
