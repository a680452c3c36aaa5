#include "cli/parse/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <type_traits>

#include "cli/parse/dashes.hpp"

namespace movrec::cli {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kIndent = 30;  // of the second column

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string type_name(const BoundOption& option) {
  return std::visit(
      [](const auto* target) -> std::string {
        using T = std::remove_cv_t<std::remove_pointer_t<decltype(target)>>;
        if constexpr (std::is_same_v<T, bool>) return "";
        if constexpr (std::is_same_v<T, double>) return "X";
        if constexpr (std::is_integral_v<T>) return "N";
        if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) return "N,N,...";
        if constexpr (std::is_same_v<T, std::vector<std::string>>) return "WORD,...";
        return "TEXT";
      },
      option.ref.target);
}

std::string range_text(const Field& field) {
  const bool low = std::isfinite(field.min), high = std::isfinite(field.max);
  if (low && high) return fmt::format("{} to {}", field.min, field.max);
  if (low) return fmt::format("at least {}", field.min);
  if (high) return fmt::format("at most {}", field.max);
  return "";
}

std::string flag_text(const BoundOption& option) {
  if (option.positional) return value_name(option);
  std::string text = option.name() == "quiet" ? "-q, " : option.name() == "verbose" ? "-v, " : "";
  if (option.is_flag())
    return text + (option.default_text == "true" ? "--no-" : "--") + std::string(option.name());
  return fmt::format("{}--{} {}", text, option.name(), value_name(option));
}

/// The command's options, with those of the model in place of those of all models.
std::vector<BoundOption> shown_options(const CommandNode& node, const ModelHelp& of_model) {
  std::vector<BoundOption> shown;
  bool is_done = false;
  for (const BoundOption& option : node.options) {
    if (!option.of_models) {
      shown.push_back(option);
    } else if (!is_done && of_model.options) {
      for (const OptionRef& ref : of_model.options->refs())
        shown.push_back({.ref = ref,
                         .group = std::string(ref.group),
                         .default_text = of_model.has_defaults ? to_text(ref) : std::string()});
      is_done = true;
    }
  }
  return shown;
}

void append_options(std::string& text, const std::vector<BoundOption>& options) {
  std::vector<std::string_view> groups;
  for (const BoundOption& option : options)
    if (!option.positional && std::ranges::find(groups, option.group) == groups.end())
      groups.push_back(option.group);
  for (std::string_view group : groups) {
    text += fmt::format("\n{}:\n", group);
    for (const BoundOption& option : options) {
      if (option.positional || option.group != group) continue;
      const std::string note = value_note(option);
      text += help_line(flag_text(option), fmt::format("{}{}{}", with_dashes(option.ref.field.help),
                                                       note.empty() ? "" : " ", note));
    }
  }
}

std::string usage_line(const CommandNode& command) {
  std::string line = command.path;
  if (!command.children.empty()) return line + " COMMAND [OPTIONS]";
  line += " [OPTIONS]";
  for (const BoundOption& option : command.options) {
    if (!option.positional) continue;
    const std::string name = value_name(option) + (option.is_list() ? "..." : "");
    line += option.required ? " " + name : fmt::format(" [{}]", name);
  }
  return line;
}

}  // namespace

std::string value_name(const BoundOption& option) {
  if (!option.ref.field.value_name.empty()) return std::string(option.ref.field.value_name);
  return option.positional ? upper(option.name()) : type_name(option);
}

std::string value_note(const BoundOption& option) {
  if (option.is_flag()) return "";
  std::string note = range_text(option.ref.field);
  for (std::string_view choice : option.ref.field.choices)
    if (!choice.empty()) note += (note.empty() ? "" : "|") + std::string(choice);
  if (option.ref.field.takes_others) note += "|…";
  if (!option.default_text.empty() && !option.positional) {
    if (!note.empty()) note += "; ";
    note += "default: " + option.default_text;
  }
  return note.empty() ? note : "[" + note + "]";
}

std::string help_line(std::string_view left, std::string_view right) {
  std::string text = fmt::format("  {}", left);
  std::size_t column = text.size();
  if (column + 2 > kIndent) {
    text += fmt::format("\n{:{}}", "", kIndent);
  } else {
    text += fmt::format("{:{}}", "", kIndent - column);
  }
  column = kIndent;
  while (!right.empty()) {
    const std::size_t space = std::min(right.find(' '), right.size());
    if (column + space > kWidth && column > kIndent) {
      text.pop_back();
      text += fmt::format("\n{:{}}", "", kIndent);
      column = kIndent;
    }
    text += right.substr(0, space);
    column += space + 1;
    right.remove_prefix(std::min(space + 1, right.size()));
    if (!right.empty()) text += ' ';
  }
  return text + "\n";
}

std::string help_text(const CommandNode& root, const CommandNode& command, const ModelHelp& of_model) {
  std::string text = fmt::format("{}: {}\n\nUsage: {}\n", command.path, command.summary, usage_line(command));
  std::string arguments;
  for (const BoundOption& option : command.options)
    if (option.positional) arguments += help_line(value_name(option), with_dashes(option.ref.field.help));
  if (!arguments.empty()) text += "\nArguments:\n" + arguments;
  if (!command.children.empty()) text += "\nCommands:\n";
  for (const CommandNode& child : command.children) text += help_line(child.name, child.summary);
  if (&command != &root) append_options(text, shown_options(command, of_model));
  if (!of_model.note.empty()) text += "\n" + of_model.note + "\n";
  append_options(text, shown_options(root, {}));
  text += help_line("-h, --help", "print this help");
  text += help_line("-V, --version", "print the version");
  if (!command.footer.empty()) text += "\n" + command.footer + (command.footer.ends_with('\n') ? "" : "\n");
  if (!command.children.empty())
    text += fmt::format("\nMore on a command: {} COMMAND --help\n", command.path);
  return text;
}

}  // namespace movrec::cli
