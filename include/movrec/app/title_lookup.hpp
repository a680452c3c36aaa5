#pragma once

#include <span>
#include <string>
#include <vector>

#include "movrec/app/opened_run.hpp"
#include "movrec/data/written_ratings.hpp"
#include "movrec/recommend/title_search.hpp"

namespace movrec {

/// By the fitted data set's titles and training ratings.
TitleSearch title_search(const OpenedRun&);

/// "ID  TITLE  N ratings" of each, one a line, at most ten.
std::string candidates_table(const TitleSearch&, std::span<const ItemIdx> candidates);

/// The one item that `text` means. `label` ("‹like›", "ratings.csv:3") says where it stands; what was taken
/// for it is logged where `is_told`, or where it is not the very title. Error{usage} for none, and for
/// several, which it lists.
ItemIdx resolve_item(const TitleSearch&, const std::string& label, const std::string& text, bool is_told);

/// A rating of a file, and the item that it means.
struct HistoryRating {
  WrittenRating written;
  ItemIdx item{};
};
/// The ratings of a file, of users that it names or of one person. What a service exports holds many films that the data
/// does not know: these are counted and left out. Error{data} for what cannot be read or is in no title, and where no film
/// is known.
std::vector<HistoryRating> read_history(const std::string& file,
                                        bool has_users,
                                        const OpenedRun&,
                                        const TitleSearch&);

}  // namespace movrec
