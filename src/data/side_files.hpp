#pragma once

#include "data/text.hpp"
#include "movrec/data/dataset.hpp"

namespace movrec {

/// Takes up what ‹items› says: a table with a header, one column of which holds the items' ids; title, year and genres by
/// their usual names, and all others as columns: numbers where each of many values is one, else categories, several of
/// them separated by '|'. Says what was understood. Error{data} for a table without ids, and for one that knows none of the
/// data set's items.
void read_item_file(const std::string& path, BadLines&, Dataset&);

/// The same of ‹users›: age, gender, occupation and zip by name, and all others as columns.
void read_user_file(const std::string& path, BadLines&, Dataset&);

/// The same of a text; `name` is for messages.
void read_item_table(std::string_view text, const std::string& name, BadLines&, Dataset&);
void read_user_table(std::string_view text, const std::string& name, BadLines&, Dataset&);

/// A column from the texts of each index, empty where nothing is known.
SideColumn side_column(std::string name, const std::vector<std::string>& texts);

}  // namespace movrec
