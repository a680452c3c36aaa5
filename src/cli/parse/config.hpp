#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "cli/parse/command_tree.hpp"

namespace movrec::cli {

/// Sets options from a TOML file: top-level keys are global options, the section [train] belongs to `train`,
/// and to `cv` as well, [data] to those children of `data` that have the key, [data-info] to `data info`. All
/// sections are checked, whichever command runs. Error{usage} names file and line.
void apply_config(CommandNode& root, const std::filesystem::path& file);

}  // namespace movrec::cli
