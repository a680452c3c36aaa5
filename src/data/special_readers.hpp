#pragma once

#include <optional>
#include <string_view>

#include "data/ratings_reader.hpp"

namespace movrec {

/// Reads a file whose lines are no ratings of the form user, item, rating: the Netflix Prize's, of which "17:" says the
/// film of the lines "user,stars,2005-09-06" that follow; and Jester's matrix, a line a user with the number of his
/// ratings and one of each joke, 99 where there is none. nullopt, and nothing read, if `first`, the file's first block, is
/// of another kind. Errors as read_ratings.
std::optional<ReadReport> read_special(
    TextBlocks&, const TextBlock& first, const ReadOptions&, BadLines&, RawRatings&);

}  // namespace movrec
