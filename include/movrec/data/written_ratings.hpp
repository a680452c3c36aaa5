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
  /// Of a service's export: how the film is called, the usual title first, and its year, 0 if that is not said; `item` is
  /// the service's own id then.
  std::vector<std::string> titles{};
  int year = 0;
};

/// What a file of them holds.
struct WrittenRatings {
  std::vector<WrittenRating> ratings{};  ///< the later one later
  std::string service{};                 ///< whose export it is: "Letterboxd"; empty: a file of ids or titles
  std::size_t n_unrated = 0;             ///< films that have been seen and not rated
  std::size_t n_other = 0;               ///< of series, episodes and other things that are no films
};

/// The file's text in UTF-8, packed or not, by path (-: standard input). Error{data} where it cannot be read or is too long.
std::string read_history_text(const std::string& path);

/// The lines "item,stars[,time]" of a file, or "user,item,stars[,time]" with `has_users`, separated by `::`,
/// tab, `;` or `,`; or columns by the usual names, where the first line has these: user, item or title, stars
/// or rating, time; or what Letterboxd, IMDb and Trakt export (service_exports.hpp), which names no users. `file` is the
/// name for messages. Error{data} at a bad line, and for a file without ratings.
WrittenRatings read_written_ratings(std::string_view text, std::string_view file, bool has_users, StarScale);

}  // namespace movrec
