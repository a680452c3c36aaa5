#pragma once

#include <deque>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "movrec/cli/parse/command.hpp"

namespace movrec::cli {

/// An option of a command: what it is called, where its value lives, and who set it.
struct BoundOption {
  OptionRef ref;
  std::string group{};         ///< title in help
  std::string default_text{};  ///< before anybody set it
  bool positional = false;
  bool required = false;   ///< positional only
  bool of_models = false;  ///< only some models have it: `model_help` says what help shows instead
  Origin origin = Origin::standard;
  std::string origin_text{};

  std::string_view name() const { return ref.field.name; }
  bool is_flag() const { return std::holds_alternative<bool*>(ref.target); }
  bool is_list() const;
  /// Sets the value and records who did. An error speaks of `label` ("--layers", "recipe.toml:12: layers").
  void set(std::string_view text, Origin, std::string where, std::string_view label);
  void set_json(const nlohmann::json& value, Origin, std::string where, std::string_view label);
};

/// A command with its declared options. Deques: options and children are pointed to.
struct CommandNode {
  std::string name, summary;
  std::string path;  ///< as typed: "movrec data info"
  std::deque<BoundOption> options{};
  std::string footer{};
  ModelHelpOf model_help{};
  Action action{};
  std::deque<CommandNode> children{};

  BoundOption* find_option(std::string_view option_name);
};

/// The root holds the global options, bound to `global`; its children are all commands, declared.
CommandNode declare_commands(GlobalOptions& global);

}  // namespace movrec::cli
