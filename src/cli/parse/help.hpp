#pragma once

#include <string>

#include "cli/parse/command_tree.hpp"

namespace movrec::cli {

/// What `COMMAND --help` prints. `of_model`: what the command's model_help gave, if it has one.
std::string help_text(const CommandNode& root, const CommandNode& command, const ModelHelp& of_model = {});

/// "FILE", "N", "WORD": what stands for an option's value in help; "" for a flag.
std::string value_name(const BoundOption&);
/// "[adam|sgd; default: adam]", or "": what help says of an option's values.
std::string value_note(const BoundOption&);

/// "  LEFT   RIGHT", RIGHT wrapped at word borders and indented.
std::string help_line(std::string_view left, std::string_view right);

}  // namespace movrec::cli
