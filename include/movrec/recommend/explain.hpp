#pragma once

#include <span>
#include <vector>

#include "movrec/model/common/model.hpp"

namespace movrec {

/// What a rating adds to the score of a recommended item.
struct Reason {
  ItemIdx item;  ///< that was rated
  float gain;    ///< the score less the score without this rating
};

/// Why a model that looks at histories recommends `items`, in any order, to a user with this history: for
/// each item the at most `most` ratings without which its score falls furthest, largest gain first, ties to
/// the smaller item; ratings that add nothing are no reason, and a ranker's only rating is all of it. Leaves
/// one rating out at a time, so it scores `items` as often as there are ratings. Of more than `most_tried`
/// ratings, where the model knows how alike items are, only those most like one of `items` are left out,
/// about as many as that.
std::vector<std::vector<Reason>> explain(const Model&,
                                         const UserQuery&,
                                         std::span<const ItemIdx> items,
                                         std::size_t most,
                                         std::size_t most_tried = 100);

}  // namespace movrec
