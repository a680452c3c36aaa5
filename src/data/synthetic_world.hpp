#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "movrec/core/random.hpp"

namespace movrec {

/// Draws positions with given weights in constant time (Walker's alias method, built as in Vose, "A linear
/// algorithm for generating random numbers with a given distribution", 1991).
class AliasTable {
 public:
  explicit AliasTable(std::vector<double> weights);
  std::uint32_t draw(RandomStream& random) const {
    const std::uint32_t i = random.below(static_cast<std::uint32_t>(keep_.size()));
    return random.uniform() < keep_[i] ? i : alias_[i];
  }

 private:
  std::vector<double> keep_;
  std::vector<std::uint32_t> alias_;
};

using Factors = std::array<float, 8>;

struct SyntheticItem {
  std::uint32_t genre_bits = 0;  ///< of kSyntheticGenres
  int year = 0;
  double bias = 0;  ///< the share of it that popularity does not explain
  Factors factors{};
};

struct SyntheticUser {
  std::int16_t age = 0, occupation = 0;
  char gender = '?';
  std::uint32_t zip = 0;
  double bias = 0;
  Factors factors{};
};

struct SyntheticGenre {
  std::string_view name;
  double weight;  ///< how often an item has it, relative to the others
};
inline constexpr std::array<SyntheticGenre, 16> kSyntheticGenres = {{{"Action", 5},
                                                                     {"Adventure", 3},
                                                                     {"Animation", 1},
                                                                     {"Children's", 2},
                                                                     {"Comedy", 12},
                                                                     {"Crime", 2},
                                                                     {"Documentary", 1},
                                                                     {"Drama", 16},
                                                                     {"Fantasy", 1},
                                                                     {"Horror", 3},
                                                                     {"Musical", 1},
                                                                     {"Romance", 5},
                                                                     {"Sci-Fi", 3},
                                                                     {"Thriller", 5},
                                                                     {"War", 1},
                                                                     {"Western", 1}}};

/// The users and items of one synthetic data set, each a pure function of the seed and its number (raw id -
/// 1).
class SyntheticWorld {
 public:
  explicit SyntheticWorld(std::uint64_t seed);
  SyntheticItem item(std::uint64_t i) const;
  SyntheticUser user(std::uint64_t u) const;

 private:
  using Center = std::array<double, std::tuple_size_v<Factors>>;

  std::uint64_t seed_;
  AliasTable genre_table_;
  Center scale_{}, gender_center_{}, age_center_{};
  std::array<Center, kSyntheticGenres.size()> genre_centers_{};
};

/// Seeds of independent parts of one data set.
enum class SyntheticPart : std::uint64_t { centers, ranks, items, users, activity, rows };
inline std::uint64_t part_seed(std::uint64_t seed, SyntheticPart part) {
  return mix_seed(seed, static_cast<std::uint64_t>(part));
}

}  // namespace movrec
