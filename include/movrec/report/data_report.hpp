#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "movrec/data/summary.hpp"

namespace movrec {

/// What is in a data set: the document of schema movrec.data/1.
nlohmann::ordered_json summary_json(const Dataset&, const DataSummary&);
/// The same for people.
std::string summary_text(const Dataset&, const DataSummary&);

}  // namespace movrec
