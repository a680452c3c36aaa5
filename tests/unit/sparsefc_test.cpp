#include "movrec/solve/sparsefc/sparsefc.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/random.hpp"
#include "solve/common/lbfgs.hpp"
#include "solve/sparsefc/sparsefc_objective.hpp"

using namespace movrec;

namespace {

/// Stars of a world with one taste, for 40 % of the pairs; the last user and the last item have none.
Ratings world(std::int32_t n_users = 70, std::int32_t n_items = 45) {
  Ratings ratings;
  ratings.n_users = n_users;
  ratings.n_items = n_items;
  RandomStream random(3, 0);
  std::vector<double> p, q;
  for (std::int32_t u = 0; u < n_users; ++u) p.push_back(random.normal());
  for (std::int32_t i = 0; i < n_items; ++i) q.push_back(random.normal());
  for (std::int32_t u = 0; u + 1 < n_users; ++u)
    for (std::int32_t i = 0; i + 1 < n_items; ++i) {
      if (random.uniform() > 0.4) continue;
      ratings.users.push_back(UserIdx{u});
      ratings.items.push_back(ItemIdx{i});
      ratings.stars.push_back(
          static_cast<float>(3 + p[static_cast<std::size_t>(u)] * q[static_cast<std::size_t>(i)]));
    }
  return ratings;
}

SparseFcOptions options(std::string kernel = "finite-support") {
  return {.kernel = std::move(kernel), .kernel_dim = 3, .kernel_l2 = 0.3, .weight_l2 = 0.02};
}

/// A point at which kernels differ from each other, some of them 0.
FloatBuffer point(const SparseFcObjective& objective) {
  FloatBuffer x = objective.start(5);
  RandomStream random(11, 0);
  for (std::size_t i = 0; i < x.size(); ++i)
    if (x[i] != 0 && x[i] != 2) x[i] += static_cast<float>(0.3 * random.normal());
  return x;
}

/// The loss as its formula says, with dense matrices in double.
double plain_loss(const Ratings& ratings,
                  const std::vector<std::int64_t>& hidden,
                  const SparseFcOptions& o,
                  std::span<const float> x) {
  const auto whole = [](std::size_t n) { return (n + 31) / 32 * 32; };
  const auto line = [](std::size_t n) { return (n + 15) / 16 * 16; };
  const std::size_t dim = o.kernel == "none" ? 0 : static_cast<std::size_t>(o.kernel_dim);
  const auto n_users = static_cast<std::size_t>(ratings.n_users),
             n_items = static_cast<std::size_t>(ratings.n_items);
  std::size_t at = 0;
  double loss = 0;
  using Matrix = std::vector<std::vector<double>>;
  const auto take_layer = [&](std::size_t rows, std::size_t columns, bool row_major) {
    const std::size_t w = at, u = w + line(rows * whole(columns)), v = u + line(rows * dim);
    at = v + line(whole(columns) * dim);
    Matrix out(rows, std::vector<double>(columns));
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c) {
        const double weight =
            x[w + (row_major ? r * whole(columns) + c : c / 32 * 32 * rows + r * 32 + c % 32)];
        double distance = 0;
        for (std::size_t d = 0; d < dim; ++d)
          distance += std::pow(
              static_cast<double>(x[u + r * dim + d]) - static_cast<double>(x[v + d * whole(columns) + c]),
              2);
        const double kernel = std::max(1 - distance, 0.0);
        loss += 0.5 * o.weight_l2 * std::sqrt(static_cast<double>(ratings.size())) * weight * weight +
                (dim > 0 ? 0.5 * o.kernel_l2 * kernel * kernel : 0);
        out[r][c] = weight * kernel;
      }
    return out;
  };
  Matrix now(n_items, std::vector<double>(n_users));
  for (std::size_t k = 0; k < ratings.size(); ++k)
    now[index(ratings.items[k])][index(ratings.users[k])] = static_cast<double>(ratings.stars[k]);
  std::size_t before = n_users;
  for (const auto width : hidden) {
    const auto columns = static_cast<std::size_t>(width);
    const Matrix weights = take_layer(before, columns, before != n_users);
    const float* bias = x.data() + at;
    at += line(whole(columns));
    Matrix next(n_items, std::vector<double>(columns));
    for (std::size_t i = 0; i < n_items; ++i)
      for (std::size_t c = 0; c < columns; ++c) {
        double sum = static_cast<double>(bias[c]);
        for (std::size_t r = 0; r < before; ++r) sum += now[i][r] * weights[r][c];
        next[i][c] = 1 / (1 + std::exp(-sum));
      }
    now = std::move(next);
    before = columns;
  }
  const Matrix decoder = take_layer(n_users, before, false);
  for (std::size_t k = 0; k < ratings.size(); ++k) {
    const std::size_t u = index(ratings.users[k]), i = index(ratings.items[k]);
    double stars = static_cast<double>(x[at + u]);
    for (std::size_t c = 0; c < before; ++c) stars += now[i][c] * decoder[u][c];
    loss += 0.5 * std::pow(stars - static_cast<double>(ratings.stars[k]), 2);
  }
  return loss;
}

struct Case {
  std::vector<std::int64_t> hidden;
  std::string kernel;
};

class SparseFcLoss : public testing::TestWithParam<Case> {};

TEST_P(SparseFcLoss, IsWhatItsFormulaSays) {
  const Ratings ratings = world();
  SparseFcObjective objective(ratings, fit_biases(ratings, {}), GetParam().hidden,
                              options(GetParam().kernel));
  const FloatBuffer x = point(objective);
  FloatBuffer gradient(x.size());
  const double plain = plain_loss(ratings, GetParam().hidden, options(GetParam().kernel), x.span());
  EXPECT_NEAR(objective(x.span(), gradient.span()) / plain, 1, 1e-5);
}

TEST_P(SparseFcLoss, GradientIsThatOfFiniteDifferences) {
  const Ratings ratings = world();
  SparseFcObjective objective(ratings, fit_biases(ratings, {}), GetParam().hidden,
                              options(GetParam().kernel));
  FloatBuffer x = point(objective);
  FloatBuffer gradient(x.size());
  objective(x.span(), gradient.span());
  RandomStream random(1, 1);
  for (int k = 0; k < 60; ++k) {
    const std::size_t at = random.below(static_cast<std::uint32_t>(x.size()));
    if (x[at] == 0 || x[at] == 2) {
      EXPECT_EQ(gradient[at], 0) << "padding is not trained";
      continue;
    }
    const float old = x[at];
    const float high = old + 1e-3F, low = old - 1e-3F;
    x[at] = high;
    const double above = plain_loss(ratings, GetParam().hidden, options(GetParam().kernel), x.span());
    x[at] = low;
    const double below = plain_loss(ratings, GetParam().hidden, options(GetParam().kernel), x.span());
    x[at] = old;
    const double slope = (above - below) / (static_cast<double>(high) - static_cast<double>(low));
    EXPECT_NEAR(gradient[at], slope, 1e-3 * std::max(std::abs(slope), 1.0)) << at;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         SparseFcLoss,
                         testing::Values(Case{{40, 7}, "finite-support"},
                                         Case{{33}, "none"},
                                         Case{{5, 64, 20}, "finite-support"}));

SparseFc solver(const Ratings& ratings, std::uint64_t seed = 1) {
  return {ratings, fit_biases(ratings, {}), {40, 7}, options(), seed};
}

void run(SparseFc& it, int steps) {
  for (int k = 0; k < steps; ++k) it.step();
}

TEST(SparseFc, LearnsAWorldWithOneTaste) {
  const Ratings ratings = world();
  SparseFc it = solver(ratings);
  EXPECT_EQ(it.steps(), 0);
  run(it, 1);
  const double first = it.loss();
  run(it, 149);
  EXPECT_EQ(it.steps(), 150);
  EXPECT_LT(it.loss(), 0.2 * first);
  EXPECT_LT(it.evaluations(), 190);
}

TEST(SparseFc, ItsCodesGiveTheLossThatItReports) {
  const Ratings ratings = world();
  SparseFc it = solver(ratings);
  run(it, 20);
  const ItemCodes codes = it.codes();
  ASSERT_EQ(codes.dim, 7U);
  double squares = 0;
  for (std::size_t k = 0; k < ratings.size(); ++k) {
    const std::size_t u = index(ratings.users[k]), i = index(ratings.items[k]);
    double stars = static_cast<double>(codes.bias[u]);
    for (std::size_t f = 0; f < 7; ++f)
      stars += static_cast<double>(codes.codes[i * 7 + f]) * static_cast<double>(codes.decoder[u * 7 + f]);
    squares += std::pow(stars - static_cast<double>(ratings.stars[k]), 2);
  }
  EXPECT_NEAR(it.loss(), squares / static_cast<double>(ratings.size()), 1e-5);
}

TEST(SparseFc, HasTheSameBitsAtAnyNumberOfThreads) {
  const Ratings ratings = world(300, 600);
  const int threads = omp_get_max_threads();
  std::vector<float> codes;
  for (const int n : {1, 3}) {
    omp_set_num_threads(n);
    SparseFc it = solver(ratings);
    run(it, 15);
    if (n == 1)
      codes = it.codes().codes;
    else
      EXPECT_EQ(codes, it.codes().codes);
  }
  omp_set_num_threads(threads);
}

TEST(SparseFc, GoesOnFromItsStateToTheBit) {
  const Ratings ratings = world();
  SparseFc straight = solver(ratings), half = solver(ratings), other = solver(ratings, 9);
  run(straight, 14);
  run(half, 6);
  other.load(half.state());
  EXPECT_EQ(other.codes().codes, half.codes().codes);
  run(other, 8);
  EXPECT_EQ(straight.codes().codes, other.codes().codes);
  EXPECT_EQ(straight.codes().decoder, other.codes().decoder);
  EXPECT_EQ(straight.loss(), other.loss());
}

TEST(SparseFc, CountsItsParameters) {
  const Ratings ratings = world();  // 70 users, 45 items
  const std::int64_t weights = 70 * 40 + 40 * 7 + 70 * 7, biases = 40 + 7 + 70;
  EXPECT_EQ(solver(ratings).n_parameters(), weights + biases + 3 * ((70 + 40) + (40 + 7) + (70 + 7)));
  EXPECT_EQ(SparseFc(ratings, fit_biases(ratings, {}), {40, 7}, options("none"), 1).n_parameters(),
            weights + biases);
}

}  // namespace
