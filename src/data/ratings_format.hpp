#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "data/known_layouts.hpp"
#include "data/rating_columns.hpp"
#include "data/record_fields.hpp"
#include "data/text_blocks.hpp"
#include "data/times.hpp"

namespace movrec {

/// How the lines of a ratings file are cut into fields, and what stands in them.
struct RatingsFormat {
  std::string separator;  ///< "::" or one character; a blank stands for any number of blanks and tabs
  std::size_t n_fields = 0;
  bool has_header = false;
  std::vector<std::string> header{};  ///< a name for each field, empty where the line has none
  RatingColumns columns{};
  bool is_plain = false;                          ///< user, item, stars, time and nothing else
  bool decimal_comma = false;                     ///< "3,5"
  bool float_users = false, float_items = false;  ///< ids are whole numbers spelt "17.0"
  TimeReader time{};                              ///< of the column of times
  const KnownLayout* layout = nullptr;            ///< of a published data set, if it is one
  std::size_t n_lines_before = 0;                 ///< comments and Excel's "sep=;", to be passed over
};

/// By the first lines of a file. `columns` as ‹columns› says and `time_format` as ‹time-format› does, or empty. Error{data} where nobody can know what is
/// meant; Error{usage} where `columns` does not fit.
RatingsFormat detect_ratings_format(std::string_view sample,
                                    std::string_view file,
                                    std::string_view columns,
                                    std::string_view time_format);

/// The same of objects of JSON, whose keys are the columns: `header` holds those that are wanted.
RatingsFormat detect_json_format(const TextBlock& first,
                                 std::string_view file,
                                 std::string_view columns,
                                 std::string_view time_format);

}  // namespace movrec
