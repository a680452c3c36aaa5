#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/rating_columns.hpp"
#include "data/raw_ratings.hpp"
#include "data/text.hpp"
#include "data/text_blocks.hpp"
#include "movrec/data/ratings.hpp"

namespace movrec {

/// What MovieLens releases may hold.
inline constexpr StarScale kMovieLensStars{0.5F, 5};
/// What a number of a rating may be at all.
inline constexpr StarScale kAnyStars{-1e9F, 1e9F};

struct ReadOptions {
  std::string columns{};          ///< as --columns says
  StarScale allowed = kAnyStars;  ///< other stars make a line bad
  std::string time_format{};      ///< as --time-format says
  std::vector<float> missing{};   ///< values that stand for "not rated": such lines are left out and counted
  bool accepts_all = false;       ///< no value does
  std::string feedback = "auto";  ///< as --feedback says
};

/// What was understood of a file, for people.
struct ReadReport {
  std::string file{};                  ///< with what it is: "ratings.csv.gz (gzip)"
  std::vector<std::string> columns{};  ///< "user=customer_id (text)", by role
  std::size_t n_ratings = 0;
  std::size_t n_missing = 0;  ///< left out: no rating in them, or one of `missing`
  std::size_t n_skipped = 0;  ///< left out by check_ratings
  std::size_t n_headers = 0;  ///< further lines equal to the header, left out
  Feedback feedback = Feedback::stars;
  bool has_times = true;
  bool is_by_position = false;  ///< no header and no option said what the columns are
};

/// Appends the ratings of one file. What separates, whether there is a header and which columns are meant is found by
/// the first lines (ratings_format.hpp). A quoted field may run over 50 lines; a quotation mark that does not close costs
/// its line at most. Without a column of ratings all stars are 1.
///
/// Error{data} at a bad line (see BadLines), for a file without ratings, and for one without times or stars after one
/// with; Error{usage} if the columns or the feedback asked for do not fit the file.
ReadReport read_ratings(TextBlocks&, const ReadOptions&, BadLines&, RawRatings&);
/// The same for a text in memory; `file` is the name for messages.
ReadReport read_ratings(
    std::string_view text, std::string_view file, const ReadOptions&, BadLines&, RawRatings&);

}  // namespace movrec
