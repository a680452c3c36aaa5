#pragma once

#include <optional>
#include <string_view>

#include "movrec/data/written_ratings.hpp"

namespace movrec {

/// The ratings of one person as Letterboxd, IMDb or Trakt exports them, known by the names of their columns or, of
/// Trakt's JSON, of their keys; their stars in `scale`. nullopt if the text is no such file. Error{data} at a rating beyond
/// the service's scale, and at damaged JSON.
std::optional<WrittenRatings> read_service_export(std::string_view utf8,
                                                  std::string_view file,
                                                  StarScale scale);

/// The service whose table begins so; empty if none is known by its columns.
std::string_view service_of(std::string_view beginning);

}  // namespace movrec
