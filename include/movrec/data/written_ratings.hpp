#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/data/ratings.hpp"

namespace movrec {

/// A file of them that holds more bytes is not read: it may have no end.
inline constexpr std::size_t kMostOfHistory = std::size_t{256} << 20;

/// A rating as a person wrote it down.
struct WrittenRating {
  std::string user;  ///< empty where the file is one person's own
  std::string item;  ///< an id or a title
  float stars = 0;
  std::int64_t time = 0;
  std::size_t line = 0;
};

/// The lines "item,stars[,time]" of a file, or "user,item,stars[,time]" with `has_users`, separated by `::`,
/// tab, `;` or `,`; or columns by the usual names, where the first line has these: user, item or title, stars
/// or rating, time. `file` is the name for messages. Error{data} at a bad line, and for a file without
/// ratings.
std::vector<WrittenRating> read_written_ratings(std::string_view text,
                                                std::string_view file,
                                                bool has_users,
                                                StarScale);

}  // namespace movrec
