#include "cli/parse/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "core/toml_document.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/shown.hpp"

namespace movrec::cli {
namespace {

/// A section of the file and the commands whose options its keys are; the root's section has no name.
struct Section {
  std::string name;
  std::vector<CommandNode*> commands;
};

std::vector<Section> sections_of(CommandNode& root) {
  std::vector<Section> sections;
  for (CommandNode& command : root.children) {
    Section section{command.name, {&command}};
    for (CommandNode& child : command.children) section.commands.push_back(&child);
    if (command.name == "train")  // whose options cross-validation takes as they are
      for (CommandNode& other : root.children)
        if (other.name == "cv") section.commands.push_back(&other);
    sections.push_back(std::move(section));
    for (CommandNode& child : command.children)
      sections.push_back({command.name + "-" + child.name, {&child}});
  }
  return sections;
}

class Reader {
 public:
  Reader(CommandNode& root, const std::filesystem::path& file)
      : root_(root), file_(file.string()), sections_(sections_of(root)) {}

  void read(const toml::table& document) {
    for (auto&& [key, node] : document)
      if (!node.is_table()) set({"", {&root_}}, key, node);
    // The wider section first, so that [data-info] wins over [data] wherever they stand.
    for (auto&& [key, node] : document)
      if (node.is_table() && find_section(key).commands.size() > 1) read_section(key, *node.as_table());
    for (auto&& [key, node] : document)
      if (node.is_table() && find_section(key).commands.size() == 1) read_section(key, *node.as_table());
  }

 private:
  std::string place(const toml::key& key) const {
    return fmt::format("{}:{}", file_, key.source().begin.line);
  }

  const Section& find_section(const toml::key& key) const {
    std::vector<std::string_view> names;
    for (const Section& section : sections_) {
      if (section.name == key.str()) return section;
      names.push_back(section.name);
    }
    const std::string_view near = closest_of(key.str(), names);
    throw Error(ErrorKind::usage, fmt::format("{}: unknown section [{}]", place(key), shown(key.str())),
                fmt::format("sections are named after commands: {}", fmt::join(names, ", ")),
                near.empty() ? "" : fmt::format("[{}]", near));
  }

  void read_section(const toml::key& name, const toml::table& table) {
    const Section& section = find_section(name);
    for (auto&& [key, node] : table) set(section, key, node);
  }

  void set(const Section& section, const toml::key& key, const toml::node& node) {
    bool known = false;
    for (CommandNode* command : section.commands) {
      BoundOption* option = command->find_option(key.str());
      if (option == nullptr || option->positional || (command == &root_ && key.str() == "config")) continue;
      known = true;
      option->set_json(to_json(node), Origin::config, fmt::format("{} ({})", place(key), key.str()),
                       fmt::format("{}: {}", place(key), key.str()));
    }
    if (!known) refuse(section, key);
  }

  [[noreturn]] void refuse(const Section& section, const toml::key& key) const {
    std::vector<std::string_view> names;
    for (const CommandNode* command : section.commands)
      for (const BoundOption& option : command->options)
        if (!option.positional && option.name() != key.str()) names.push_back(option.name());
    std::string why;
    for (const Section& other : sections_)
      for (CommandNode* command : other.commands)
        if (why.empty() && command->find_option(key.str()) != nullptr)
          why = fmt::format("'{}' is an option of [{}]", key.str(), other.name);
    if (why.empty() && root_.find_option(key.str()) != nullptr && key.str() != "config")
      why = fmt::format("'{}' is a global option and stands before the first section", key.str());
    throw Error(
        ErrorKind::usage,
        fmt::format("{}: unknown key '{}' {}", place(key), shown(key.str()),
                    section.name.empty() ? "before the first section" : fmt::format("in [{}]", section.name)),
        why, std::string(closest_of(key.str(), names)));
  }

  CommandNode& root_;
  std::string file_;
  std::vector<Section> sections_;
};

}  // namespace

void apply_config(CommandNode& root, const std::filesystem::path& file) {
  std::string text;
  try {
    text = read_file(file, kMostOfConfig);
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, fmt::format("--config: {}", error.message()), error.why());
  }
  Reader(root, file).read(parse_toml(text, file.string()));
}

}  // namespace movrec::cli
