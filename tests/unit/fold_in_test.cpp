// A new user's row by his ratings, against normal equations in double.
#include <gtest/gtest.h>

#include <cmath>

#include "movrec/core/random.hpp"
#include "movrec/solve/mf/mf_fold_in.hpp"
#include "solve/common/gauss_newton.hpp"
#include "support/dense_solve.hpp"

using namespace movrec;
using test::normals;
using test::solved;

namespace {

struct Problem {
  Problem(std::size_t n, std::size_t width)
      : rows(normals(n * width, 1)), targets(normals(n, 2)), mean(normals(width, 3)), penalty(width) {
    for (std::size_t f = 0; f < width; ++f) penalty[f] = 0.1F + static_cast<float>(f);
  }
  std::vector<float> rows, targets, mean, penalty;

  std::vector<double> reference() const {
    const std::size_t width = mean.size();
    std::vector<double> matrix(width * width), rhs(width);
    for (std::size_t f = 0; f < width; ++f) {
      const auto weight = static_cast<double>(penalty[f]);
      matrix[f * width + f] = weight;
      rhs[f] = weight * static_cast<double>(mean[f]);
    }
    for (std::size_t k = 0; k < targets.size(); ++k)
      for (std::size_t f = 0; f < width; ++f) {
        const auto x = static_cast<double>(rows[k * width + f]);
        rhs[f] += x * static_cast<double>(targets[k]);
        for (std::size_t g = 0; g < width; ++g)
          matrix[f * width + g] += x * static_cast<double>(rows[k * width + g]);
      }
    return solved(matrix, rhs);
  }

  void fill(float* to, std::size_t stride) const {
    for (std::size_t k = 0; k < targets.size(); ++k)
      for (std::size_t f = 0; f < mean.size(); ++f) to[k * stride + f] = rows[k * mean.size() + f];
  }
};

TEST(Ridge, EqualsNormalEquationsInDoubleWithFewAndWithManyRows) {
  for (const std::size_t n : {0U, 1U, 5U, 24U, 25U, 70U}) {
    const Problem problem(n, 21);
    RidgeSolver solver(21);
    problem.fill(solver.rows(n), solver.stride());
    std::vector<float> x(21);
    ASSERT_TRUE(solver.solve(problem.targets, problem.penalty, problem.mean, x));
    const std::vector<double> expected = problem.reference();
    for (std::size_t f = 0; f < x.size(); ++f) EXPECT_NEAR(x[f], expected[f], 2e-5) << n << ' ' << f;
  }
}

TEST(Ridge, LeavesTheMeanWhereThereIsNoSolution) {
  RidgeSolver solver(3);
  solver.rows(2)[0] = std::nanf("");
  const std::vector<float> targets{1, 2}, penalty{1, 1, 1}, mean{4, 5, 6};
  std::vector<float> x(3);
  EXPECT_FALSE(solver.solve(targets, penalty, mean, x));
  EXPECT_EQ(x, mean);
}

TEST(RowPrior, IsTheMeanAndVarianceOfKnownRows) {
  const std::vector<float> table{1, 5, 100, 100, 3, 5};
  const RowPrior prior = row_prior(table.data(), 2, std::vector<std::int32_t>{1, 0, 1});
  EXPECT_EQ(prior.mean, (std::vector<float>{2, 5}));
  EXPECT_FLOAT_EQ(prior.variance[0], 1);
  EXPECT_FLOAT_EQ(prior.variance[1], 1e-12F);
}

/// Costs of `problem`'s numbers, which are linear in the row.
RowCosts costs_of(const Problem& problem,
                  const std::function<double(std::span<const float>, std::span<float>)>& cost) {
  return {.n = problem.targets.size(),
          .numbers =
              [&problem](std::span<const float> row, std::span<float> numbers, float* jacobian,
                         std::size_t stride) {
                for (std::size_t k = 0; k < numbers.size(); ++k) {
                  numbers[k] = 0;
                  for (std::size_t f = 0; f < row.size(); ++f)
                    numbers[k] += problem.rows[k * row.size() + f] * row[f];
                }
                if (jacobian != nullptr) problem.fill(jacobian, stride);
              },
          .cost = cost};
}

TEST(GaussNewton, SolvesLeastSquaresInOneStep) {
  const Problem problem(40, 9);
  int n_evaluated = 0;
  const RowCosts costs = costs_of(problem, [&](std::span<const float> numbers, std::span<float> slopes) {
    ++n_evaluated;
    double sum = 0;
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      const float off = numbers[k] - problem.targets[k];
      slopes[k] = 2 * off;
      sum += static_cast<double>(off * off);
    }
    return sum;
  });
  RidgeSolver solver(9);
  std::vector<float> x(9, 2.F);
  minimise_row(costs, problem.penalty, problem.mean, x, solver);
  const std::vector<double> expected = problem.reference();
  for (std::size_t f = 0; f < x.size(); ++f) EXPECT_NEAR(x[f], expected[f], 1e-4) << f;
  EXPECT_LE(n_evaluated, 4 + 3 + 7) << "the second step finds nothing better";
}

TEST(GaussNewton, FindsTheMinimumOfALogisticCost) {
  const Problem problem(60, 7);
  const auto sign = [&](std::size_t k) { return problem.targets[k] > 0 ? 1.0 : -1.0; };
  const RowCosts costs = costs_of(problem, [&](std::span<const float> numbers, std::span<float> slopes) {
    double sum = 0;
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      const double z = sign(k) * static_cast<double>(numbers[k]);
      sum += std::log1p(std::exp(-z));
      slopes[k] = static_cast<float>(-sign(k) / (1 + std::exp(z)));
    }
    return sum;
  });
  RidgeSolver solver(7);
  std::vector<float> x(7, 3.F);
  minimise_row(costs, problem.penalty, problem.mean, x, solver);
  for (std::size_t f = 0; f < x.size(); ++f) {  // the gradient is 0
    double gradient = 2 * static_cast<double>(problem.penalty[f]) *
                      (static_cast<double>(x[f]) - static_cast<double>(problem.mean[f]));
    for (std::size_t k = 0; k < problem.targets.size(); ++k) {
      double number = 0;
      for (std::size_t g = 0; g < x.size(); ++g)
        number += static_cast<double>(problem.rows[k * 7 + g]) * static_cast<double>(x[g]);
      gradient -= sign(k) * static_cast<double>(problem.rows[k * 7 + f]) / (1 + std::exp(sign(k) * number));
    }
    EXPECT_NEAR(gradient, 0, 0.05) << f;
  }
}

TEST(MfAlsFoldIn, EqualsItsEquationsInDouble) {
  constexpr std::size_t dim = 5, n_items = 30, n = 12;
  MfTables tables;
  tables.item_factors = normals(n_items * dim, 4);
  tables.item_bias = normals(n_items, 5);
  MfPrior prior;
  prior.variance = std::vector<float>(n_items * dim, 0.2F);
  prior.weight = std::vector<float>(n_items, 1.F);
  for (std::size_t i = 0; i < n_items; i += 3) prior.weight[i] = 1.5F;
  prior.link = normals(n_items * dim, 6);
  prior.intercept = normals(dim, 7);
  prior.precision = {1, 2, 3, 4, 5};
  prior.bias_mean = 0.3;
  prior.bias_precision = 2.5;
  prior.noise = 1.25;
  // No rating can make the user's own weight another than 1.
  const MfAlsOptions options{.implicit_l2 = 0.5, .noise_damping = 1e9};
  const MfAlsFoldIn fold_in(tables, prior, {.dim = dim, .biases = true, .global_mean = true}, options, 3.5);
  std::vector<ItemIdx> items;
  for (std::size_t k = 0; k < n; ++k) items.push_back(ItemIdx{static_cast<std::int32_t>(2 * k + 1)});
  const std::vector<float> stars = normals(n, 8);
  std::vector<float> row(dim + 1);
  fold_in.solve({items, stars}, row);

  std::vector<double> matrix((dim + 1) * (dim + 1)), rhs(dim + 1);
  std::vector<double> x(dim + 1, 1.0);
  matrix[0] = prior.bias_precision;
  rhs[0] = prior.bias_mean * prior.bias_precision;
  for (std::size_t f = 0; f < dim; ++f) {
    double mean = static_cast<double>(prior.intercept[f]);
    for (const ItemIdx item : items)
      mean += static_cast<double>(prior.link[index(item) * dim + f]) / std::sqrt(static_cast<double>(n));
    matrix[(f + 1) * (dim + 2)] = prior.precision[f];
    rhs[f + 1] = prior.precision[f] * mean;
  }
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t item = index(items[k]);
    const double weight = prior.noise * static_cast<double>(prior.weight[item]);
    const double target = static_cast<double>(stars[k]) - 3.5 - static_cast<double>(tables.item_bias[item]);
    for (std::size_t f = 0; f < dim; ++f) {
      x[f + 1] = static_cast<double>(tables.item_factors[item * dim + f]);
      matrix[(f + 1) * (dim + 2)] += weight * static_cast<double>(prior.variance[item * dim + f]);
    }
    for (std::size_t f = 0; f <= dim; ++f) {
      rhs[f] += weight * target * x[f];
      for (std::size_t g = 0; g <= dim; ++g) matrix[f * (dim + 1) + g] += weight * x[f] * x[g];
    }
  }
  const std::vector<double> expected = solved(matrix, rhs);
  for (std::size_t f = 0; f <= dim; ++f) EXPECT_NEAR(row[f], expected[f], 1e-4) << f;
}

TEST(MfAlsFoldIn, SavesAndLoadsItsPrior) {
  const MfPrior prior{.variance = {1, 2},
                      .weight = {3},
                      .link = {4, 5},
                      .intercept = {6, 7},
                      .precision = {8, 9},
                      .bias_mean = 10,
                      .bias_precision = 11,
                      .noise = 12};
  StateDict state;
  EXPECT_FALSE(MfPrior::stands_in(state));
  prior.save(state);
  ASSERT_TRUE(MfPrior::stands_in(state));
  const MfPrior again = MfPrior::of(state, 1, 2);
  EXPECT_EQ(again.variance, prior.variance);
  EXPECT_EQ(again.weight, prior.weight);
  EXPECT_EQ(again.link, prior.link);
  EXPECT_EQ(again.intercept, prior.intercept);
  EXPECT_EQ(again.precision, prior.precision);
  EXPECT_EQ(again.bias_mean, 10);
  EXPECT_EQ(again.bias_precision, 11);
  EXPECT_EQ(again.noise, 12);
}

}  // namespace
