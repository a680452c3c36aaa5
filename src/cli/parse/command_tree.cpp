#include "cli/parse/command_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/parse/dashes.hpp"
#include "movrec/core/error.hpp"

namespace movrec::cli {
namespace {

class Recorder : public FlagSet {
 public:
  explicit Recorder(CommandNode& node) : node_(node) {}

  void group(std::string title) override { group_ = std::move(title); }
  void add(const OptionRef& ref) override { node_.options.push_back(bound(ref)); }
  void add_of_models(const OptionRefs& refs, ModelHelpOf help) override {
    for (const OptionRef& ref : refs) {
      node_.options.push_back(bound(ref));
      node_.options.back().of_models = true;
    }
    node_.model_help = std::move(help);
  }
  void add_positional(const OptionRef& ref, bool required) override {
    node_.options.push_back(bound(ref));
    node_.options.back().positional = true;
    node_.options.back().required = required;
  }
  void set_footer(std::string text) override { node_.footer = std::move(text); }

 private:
  BoundOption bound(const OptionRef& ref) const {
    return {.ref = ref,
            .group = !group_.empty()      ? group_
                     : !ref.group.empty() ? std::string(ref.group)
                                          : "Options",
            .default_text = to_text(ref)};
  }

  CommandNode& node_;
  std::string group_;
};

void declare(CommandNode& parent, const Command& command) {
  CommandNode& node = parent.children.emplace_back();
  node.name = command.name;
  node.summary = command.summary;
  node.path = parent.path + " " + node.name;
  if (command.declare != nullptr) {
    Recorder recorder(node);
    node.action = command.declare(recorder);
  }
  for (const Command& child : command.children) declare(node, child);
}

/// An error about the option NAME speaks of `label` instead.
template <class Body>
void with_label(std::string_view name, std::string_view label, Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    const std::string flag = fmt::format("‹{}›", name);
    std::string message = error.message(), remedy = error.remedy();
    if (with_dashes(flag) == label) throw;
    if (message.starts_with(flag)) message.replace(0, flag.size(), label);
    if (remedy.starts_with(flag + " ")) remedy.erase(0, flag.size() + 1);
    throw Error(error.kind(), std::move(message), error.why(), std::move(remedy));
  }
}

}  // namespace

bool BoundOption::is_list() const {
  return std::holds_alternative<std::vector<std::int64_t>*>(ref.target) ||
         std::holds_alternative<std::vector<std::string>*>(ref.target);
}

void BoundOption::set(std::string_view text, Origin from, std::string where, std::string_view label) {
  with_label(name(), label, [&] { set_from_text(ref, text); });
  origin = from;
  origin_text = std::move(where);
}

void BoundOption::set_json(const nlohmann::json& value,
                           Origin from,
                           std::string where,
                           std::string_view label) {
  with_label(name(), label, [&] { set_from_json(ref, value); });
  origin = from;
  origin_text = std::move(where);
}

BoundOption* CommandNode::find_option(std::string_view option_name) {
  const auto found = std::ranges::find(options, option_name, &BoundOption::name);
  return found == options.end() ? nullptr : &*found;
}

CommandNode declare_commands(GlobalOptions& global) {
  CommandNode root{
      .name = "movrec", .summary = "train, evaluate and use movie recommenders", .path = "movrec"};
  Recorder recorder(root);
  recorder.group("Global options");
  recorder.bind(global);
  for (const Command& command : commands()) declare(root, command);
  return root;
}

}  // namespace movrec::cli
