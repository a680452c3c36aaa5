#pragma once

#include <string>
#include <string_view>

#include "movrec/core/field.hpp"

namespace movrec {

/// "[SECTION]" and one line of TOML for each option: a file that runs again as it is (`--config`).
std::string to_toml(std::string_view section, const OptionRefs&);

}  // namespace movrec
