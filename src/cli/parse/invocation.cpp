#include "cli/parse/invocation.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "cli/parse/config.hpp"
#include "cli/parse/help.hpp"
#include "movrec/core/error.hpp"

namespace movrec::cli {
namespace {

struct Variable {
  const char* name;
  std::string_view option;
};
constexpr std::array kVariables{Variable{"MOVREC_DATA_DIR", "data-dir"}, Variable{"MOVREC_DEVICE", "device"},
                                Variable{"MOVREC_THREADS", "threads"}};

void apply_environment(CommandNode& node) {
  for (const Variable& variable : kVariables) {
    const char* text = std::getenv(variable.name);
    BoundOption* option = node.find_option(variable.option);
    if (text == nullptr || *text == '\0' || option == nullptr) continue;
    option->set(text, Origin::environment, variable.name, variable.name);
  }
}

void set_flag(BoundOption& option, const std::string& text) {
  const std::string label = option.positional ? value_name(option) : fmt::format("--{}", option.name());
  option.set(text, Origin::flag, label, label);
}

}  // namespace

TreeInvocation::TreeInvocation(std::ostream& results, std::ostream& messages)
    : root_(std::make_unique<CommandNode>(declare_commands(global))), command_(root_.get()) {
  out = &results;
  err = &messages;
}

void TreeInvocation::resolve(const ParsedArguments& parsed) {
  command_ = parsed.command;
  for (const auto& [option, text] : parsed.given)
    if (option->name() == "config") apply_config(*root_, text);
  apply_environment(*root_);
  apply_environment(*command_);
  for (const auto& [option, text] : parsed.given) set_flag(*option, text);
  for (const BoundOption& option : command_->options)
    if (option.required && option.origin == Origin::standard)
      throw Error(ErrorKind::usage, fmt::format("{} needs {}", command_->path, value_name(option)), {},
                  fmt::format("{} --help", command_->path));
}

ModelHelp TreeInvocation::model_help(const ParsedArguments& parsed) {
  if (!parsed.command->model_help) return {};
  command_ = parsed.command;
  // Whoever asks for help may have got something wrong.
  const auto try_to = [](auto&& set) {
    try {
      set();
    } catch (const Error&) {
    }
  };
  for (const auto& [option, text] : parsed.given)
    if (option->name() == "config") try_to([this, &file = text] { apply_config(*root_, file); });
  for (const auto& [option, text] : parsed.given)
    try_to([&to = *option, &value = text] { set_flag(to, value); });
  return command_->model_help(*this);
}

std::string TreeInvocation::origin_text(std::string_view name) const {
  const BoundOption& option = find(name);
  return option.origin_text.empty() ? fmt::format("--{}", name) : option.origin_text;
}

BoundOption& TreeInvocation::find(std::string_view name) const {
  BoundOption* option = command_->find_option(name);
  if (option == nullptr) option = root_->find_option(name);
  if (option == nullptr) fail(ErrorKind::failure, "{} has no option '{}'", command_->path, name);
  return *option;
}

}  // namespace movrec::cli
