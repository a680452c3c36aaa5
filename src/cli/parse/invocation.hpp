#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/parse/command_tree.hpp"
#include "cli/parse/flags.hpp"

namespace movrec::cli {

/// The commands' options, declared and then set: what an action sees of the command line.
class TreeInvocation : public Invocation {
 public:
  TreeInvocation(std::ostream& results, std::ostream& messages);

  CommandNode& root() { return *root_; }
  /// Sets options from the configuration file, the environment and the flags, weakest first. Error{usage},
  /// also for a missing argument.
  void resolve(const ParsedArguments&);

  /// What the command's help says of the model that was given so far; nothing of a command without models.
  ModelHelp model_help(const ParsedArguments&);

  Origin origin(std::string_view name) const override { return find(name).origin; }
  std::string origin_text(std::string_view name) const override;

 private:
  BoundOption& find(std::string_view name) const;

  std::unique_ptr<CommandNode> root_;
  CommandNode* command_;
};

}  // namespace movrec::cli
