#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cli/parse/command_tree.hpp"

namespace movrec::cli {

/// A command line taken apart; nothing is set yet.
struct ParsedArguments {
  CommandNode* command = nullptr;  ///< the root if no command was given
  bool help = false;
  bool version = false;
  std::vector<std::pair<BoundOption*, std::string>> given{};
};

/// `arguments` without the program's name. Error{usage} for an unknown command or option, with the nearest
/// one, for a missing value and for an argument too many.
ParsedArguments parse_arguments(CommandNode& root, std::span<const std::string> arguments);

}  // namespace movrec::cli
