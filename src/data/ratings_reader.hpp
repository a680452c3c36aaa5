#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/raw_ratings.hpp"
#include "data/text.hpp"
#include "movrec/data/ratings.hpp"

namespace movrec {

/// What a column of a ratings file may hold.
struct RatingColumn {
  enum Role : std::size_t { kUser, kItem, kStars, kTime, kRoles };
  /// By the usual names in headers: "userId", "movie_id", "stars".
  static std::optional<Role> role_of(std::string_view name);
};

/// What `stars` may be where a release does not say: a wrong column (ids, times) is found by it.
inline constexpr StarScale kAnyStars{0, 1000};
/// What MovieLens releases may hold.
inline constexpr StarScale kMovieLensStars{0.5F, 5};

/// Appends the ratings of one file: fields separated by `::`, tab, `;` or `,` (the first of these that the
/// first line has), with or without a header. Without `columns` and a header the fields are user, item, stars
/// and, from four fields on, time; with a header they are found by their usual names. `columns` lists either
/// names of the header or the roles user, item, rating, time and `-` (none) in the order of the fields.
///
/// `file` is the name for messages. Error{data} at a bad line (see BadLines), for a file without ratings, and
/// for one without times after one with times; Error{usage} if `columns` does not fit the file.
void read_ratings(std::string_view text,
                  std::string_view file,
                  std::string_view columns,
                  StarScale allowed,
                  BadLines& bad_lines,
                  RawRatings& ratings,
                  const std::function<void(std::size_t, std::size_t)>& consumed = {});

}  // namespace movrec
