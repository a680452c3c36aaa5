#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/id_interner.hpp"
#include "movrec/data/dataset.hpp"

namespace movrec {

/// Ratings in the order of the lines, with ids numbered as they came.
struct RawRatings {
  IdInterner user_ids, item_ids;
  std::vector<UserIdx> users;  ///< places in user_ids
  std::vector<ItemIdx> items;  ///< places in item_ids
  std::vector<float> stars;
  std::vector<std::int64_t> times;  ///< unix seconds; empty if the files have none
  Feedback feedback = Feedback::stars;

  std::size_t size() const { return stars.size(); }
  /// A row but for its time.
  void add(std::int32_t user_place, std::int32_t item_place, float its_stars) {
    users.push_back(UserIdx{user_place});
    items.push_back(ItemIdx{item_place});
    stars.push_back(its_stars);
  }
};

/// Ratings, id maps and checksum of the data set from these, whose columns it takes over: 20 bytes a row.
void take_ratings(Dataset&, RawRatings&&);

}  // namespace movrec
