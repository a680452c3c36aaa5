#pragma once

#include <span>
#include <string>

#include "movrec/app/opened_run.hpp"
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

}  // namespace movrec
