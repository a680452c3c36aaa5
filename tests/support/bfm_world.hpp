#pragma once

#include <string>
#include <vector>

#include "movrec/core/random.hpp"
#include "movrec/data/catalog.hpp"
#include "movrec/data/ratings.hpp"
#include "movrec/solve/bfm/bfm_design.hpp"

namespace movrec {

/// 30 users, 20 items; the last user and item have no ratings. Three days.
struct BfmWorld {
  BfmWorld() {
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

inline std::vector<std::string> all_families() {
  return {bfm_families().begin(), bfm_families().end()};
}

/// A factorization machine over a plain design matrix, in double precision and row by row.

}  // namespace movrec
