#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "movrec/core/field.hpp"

namespace movrec {

/// "[SECTION]" and one line of TOML for each option: a file that runs again as it is (`--config`).
std::string to_toml(std::string_view section, const OptionRefs&);

/// Sets those of the options that such a file has in its section. Error{data} if it cannot be read, Error{usage} for a
/// bad value.
void set_from_toml(const std::filesystem::path& file, std::string_view section, const OptionRefs&);

}  // namespace movrec
