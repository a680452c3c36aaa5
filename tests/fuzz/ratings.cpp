#include "data/ratings_reader.hpp"

#include "fuzz.hpp"

using namespace movrec;

/// The first byte says how it is read, the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool skips = (data[0] & 1U) != 0;
  const std::string_view columns = (data[0] & 2U) != 0   ? ""
                                   : (data[0] & 4U) != 0 ? "user,item,rating,time"
                                                         : "";
  const StarScale allowed = (data[0] & 8U) != 0 ? kMovieLensStars : kAnyStars;
  RawRatings ratings;
  fuzz::may_fail([&] {
    BadLines bad_lines(skips);
    read_ratings(fuzz::text_of(data + 1, size - 1), "ratings",
                 {.columns = std::string(columns), .allowed = allowed}, bad_lines, ratings);
    fuzz::require(ratings.size() > 0);
    fuzz::require(ratings.users.size() == ratings.size() && ratings.items.size() == ratings.size());
    fuzz::require(ratings.times.empty() || ratings.times.size() == ratings.size());
    for (std::size_t row = 0; row < ratings.size(); ++row) {
      fuzz::require(index(ratings.users[row]) < ratings.user_ids.size());
      fuzz::require(index(ratings.items[row]) < ratings.item_ids.size());
      fuzz::require(ratings.stars[row] >= allowed.min && ratings.stars[row] <= allowed.max);
    }
  });
  return 0;
}
