#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "movrec/core/state_dict.hpp"
#include "movrec/data/ratings.hpp"

namespace movrec {

/// The ratings of each user (or of each item) next to each other, in the order of the rows: 8 bytes a rating.
struct RatingLists {
  std::vector<std::size_t> begin{0};  ///< [n + 1]
  std::vector<std::int32_t> others;   ///< the item (user) of each rating
  std::vector<float> stars;

  std::size_t size() const { return begin.size() - 1; }
  std::size_t count(std::size_t row) const { return begin[row + 1] - begin[row]; }
  std::span<const std::int32_t> others_of(std::size_t row) const {
    return {others.data() + begin[row], count(row)};
  }
  std::span<const float> stars_of(std::size_t row) const { return {stars.data() + begin[row], count(row)}; }
};

template <class Idx, class OtherIdx>
RatingLists rating_lists(const std::vector<Idx>& rows,
                         const std::vector<OtherIdx>& others,
                         const std::vector<float>& stars,
                         std::int32_t n) {
  RatingLists out;
  out.begin.assign(static_cast<std::size_t>(n) + 1, 0);
  for (Idx row : rows) ++out.begin[index(row) + 1];
  for (std::size_t i = 1; i < out.begin.size(); ++i) out.begin[i] += out.begin[i - 1];
  out.others.resize(rows.size());
  out.stars.resize(rows.size());
  std::vector<std::size_t> next(out.begin.begin(), out.begin.end() - 1);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const std::size_t to = next[index(rows[k])]++;
    out.others[to] = number(others[k]);
    out.stars[to] = stars[k];
  }
  return out;
}

/// Each user's items with at least `min_stars`, ascending, each once with its last stars.
RatingLists positive_lists(const Ratings&, double min_stars);

/// The lists of the others, `n_others` of them: who has rated each, ascending.
RatingLists transposed(const RatingLists&, std::int32_t n_others);

/// Arrays `prefix`begin, `prefix`others and `prefix`stars.
void save_lists(const RatingLists&, const std::string& prefix, StateDict&);
/// Lists of n rows of indices below n_others. Error{model}.
RatingLists load_lists(const StateDict&, const std::string& prefix, std::int32_t n, std::int32_t n_others);

}  // namespace movrec
