#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "movrec/data/data_notes.hpp"

namespace movrec {

/// What of `notes` stands in the way of training, what is good to know, and how each is mended, for people.
std::string check_text(const DataNotes&);
/// The same: the members "understood", "refused", "notes" and "bad_lines".
nlohmann::ordered_json check_json(const DataNotes&);

}  // namespace movrec
