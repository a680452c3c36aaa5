#pragma once

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "movrec/core/random.hpp"
#include "movrec/data/ratings.hpp"

// What tests of the top-N solvers share.
namespace movrec {

using Matrix = std::vector<double>;  // row-major

inline std::vector<float> normals(std::size_t n, std::uint64_t seed) {
  RandomStream random(seed, 0);
  std::vector<float> out(n);
  for (float& value : out) value = static_cast<float>(random.normal());
  return out;
}

/// By Gauss-Jordan elimination without pivoting.
inline Matrix inverse(Matrix a, std::size_t n) {
  Matrix out(n * n);
  for (std::size_t i = 0; i < n; ++i) out[i * n + i] = 1;
  for (std::size_t k = 0; k < n; ++k) {
    const double pivot = a[k * n + k];
    for (std::size_t j = 0; j < n; ++j) a[k * n + j] /= pivot, out[k * n + j] /= pivot;
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double factor = a[i * n + k];
      for (std::size_t j = 0; j < n; ++j)
        a[i * n + j] -= factor * a[k * n + j], out[i * n + j] -= factor * out[k * n + j];
    }
  }
  return out;
}

/// Users and items of two tastes, and pairs of either that are there by chance; a few occur twice, the last
/// user and the last item never.
inline Ratings two_tastes(std::int32_t n_users, std::int32_t n_items) {
  Ratings ratings;
  ratings.n_users = n_users;
  ratings.n_items = n_items;
  RandomStream random(5, 0);
  for (std::int32_t u = 0; u + 1 < n_users; ++u)
    for (std::int32_t i = 0; i + 1 < n_items; ++i) {
      if (random.uniform() > ((u + i) % 2 == 0 ? 0.5 : 0.05)) continue;
      for (int repeat = random.uniform() < 0.1 ? 2 : 1; repeat > 0; --repeat) {
        ratings.users.push_back(UserIdx{u});
        ratings.items.push_back(ItemIdx{i});
        ratings.stars.push_back(static_cast<float>(1 + random.below(5)));
      }
    }
  return ratings;
}

/// [n_users, n_items], the last stars of each pair that reach min_stars, else 0.
inline std::vector<float> dense(const Ratings& ratings, double min_stars) {
  std::vector<float> out(static_cast<std::size_t>(ratings.n_users) *
                         static_cast<std::size_t>(ratings.n_items));
  for (std::size_t k = 0; k < ratings.size(); ++k)
    if (static_cast<double>(ratings.stars[k]) >= min_stars)
      out[index(ratings.users[k]) * static_cast<std::size_t>(ratings.n_items) + index(ratings.items[k])] =
          ratings.stars[k];
  return out;
}

/// The same with 1 and 2 threads.
template <class Run>
void expect_same_at_any_thread_count(const Run& run) {
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto one = run();
  omp_set_num_threads(2);
  const auto two = run();
  omp_set_num_threads(threads);
  EXPECT_EQ(one, two);
}

}  // namespace movrec
