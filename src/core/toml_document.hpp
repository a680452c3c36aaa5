#pragma once

#include <toml++/toml.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace movrec {

/// A configuration of more bytes is none.
inline constexpr std::size_t kMostOfConfig = 1 << 20;

/// Parses a configuration. Error{usage} "FILE:LINE: …", also for one that is larger or nests deeper than any option
/// needs: the parser is recursive, and so is the end of what it makes.
toml::table parse_toml(std::string_view text, const std::string& file);

/// A value as set_from_json takes it; a date or a table, which no option takes, is an empty object.
nlohmann::json to_json(const toml::node&);

}  // namespace movrec
