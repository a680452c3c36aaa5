#pragma once

#include <string>
#include <string_view>

#include "cli/parse/command_tree.hpp"

namespace movrec::cli {

/// A script that teaches "bash", "zsh" or "fish" all commands and options of the tree, and the values of
/// those that have a known list.
std::string completion_script(std::string_view shell, const CommandNode& root);

}  // namespace movrec::cli
