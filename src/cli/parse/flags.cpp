#include "cli/parse/flags.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec::cli {
namespace {

std::string short_name(std::string_view option) {
  if (option == "quiet") return "-q,";
  if (option == "verbose") return "-v,";
  return "";
}

/// CLI11 takes the command line apart into texts; what they mean, and every error about that, is ours.
class Parser {
 public:
  explicit Parser(CommandNode& root) : root_(root), app_(root.summary, root.name) {
    app_.set_help_flag();
    help_ = app_.add_flag("-h,--help");
    version_ = app_.add_flag("-V,--version");
    declare(root, app_);
  }

  ParsedArguments parse(std::span<const std::string> arguments) {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
      app_.parse(std::move(reversed));
    } catch (const CLI::ArgumentMismatch& mismatch) {
      const std::string_view text = mismatch.what();
      fail(ErrorKind::usage, "{} needs a value", text.substr(0, text.find(':')));
    } catch (const CLI::ParseError& error) {
      fail(ErrorKind::usage, "{}", error.what());
    }
    ParsedArguments parsed{
        .command = chosen_command(), .help = help_->count() > 0, .version = version_->count() > 0};
    if (const std::vector<std::string> extras = app_.remaining(true); !extras.empty())
      refuse(extras, *parsed.command);
    for (const auto& [option, cli_option] : options_)
      if (cli_option->count() > 0) parsed.given.emplace_back(option, text_of(*option, *cli_option));
    return parsed;
  }

 private:
  void declare(CommandNode& node, CLI::App& app) {
    app.allow_extras();
    app.fallthrough();
    app.require_subcommand(0, 1);
    for (BoundOption& option : node.options) options_.emplace_back(&option, add(option, app));
    for (CommandNode& child : node.children) {
      CLI::App* sub = app.add_subcommand(child.name, child.summary);
      sub->set_help_flag();
      commands_.emplace_back(&child, sub);
      declare(child, *sub);
    }
  }

  static CLI::Option* add(const BoundOption& option, CLI::App& app) {
    const std::string name(option.name());
    if (option.is_flag())
      return app.add_flag(fmt::format("{}--{},!--no-{}", short_name(name), name, name))
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    const std::string declared = option.positional ? name : short_name(name) + "--" + name;
    CLI::Option* added = app.add_option(declared);
    if (option.positional && option.is_list())
      return added->expected(-1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    return added->expected(1)->multi_option_policy(option.is_list() ? CLI::MultiOptionPolicy::TakeAll
                                                                    : CLI::MultiOptionPolicy::TakeLast);
  }

  CommandNode* chosen_command() const {
    CommandNode* chosen = &root_;
    for (const auto& [node, app] : commands_)  // parents before children
      if (app->parsed()) chosen = node;
    return chosen;
  }

  static std::string text_of(const BoundOption& option, const CLI::Option& cli_option) {
    const std::vector<std::string>& texts = cli_option.results();
    if (!option.positional &&
        std::ranges::any_of(texts, [](const auto& text) { return text.starts_with("--"); }))
      fail(ErrorKind::usage, "--{} needs a value", option.name());
    return option.is_list()
               ? fmt::format("{}", fmt::join(texts, std::string_view(&option.ref.field.separator, 1)))
               : texts.back();
  }

  [[noreturn]] void refuse(const std::vector<std::string>& extras, CommandNode& command) const {
    const auto dashed =
        std::ranges::find_if(extras, [](const auto& text) { return text.size() > 1 && text[0] == '-'; });
    if (!command.children.empty() && !extras[0].starts_with('-')) {
      std::vector<std::string_view> names;
      for (const CommandNode& child : command.children) names.push_back(child.name);
      const std::string_view near = closest_of(extras[0], names);
      throw Error(
          ErrorKind::usage, fmt::format("unknown command '{} {}'", command.path, shown(extras[0])), {},
          near.empty() ? fmt::format("{} --help", command.path) : fmt::format("{} {}", command.path, near));
    }
    if (dashed == extras.end())
      throw Error(ErrorKind::usage,
                  fmt::format("{}: one argument too many: '{}'", command.path, shown(extras[0])), {},
                  fmt::format("{} --help", command.path));
    const std::string flag = dashed->substr(0, dashed->find('='));
    const std::string bare = flag.substr(std::min(flag.find_first_not_of('-'), flag.size()));
    if (command.find_option(bare) != nullptr)
      throw Error(ErrorKind::usage, fmt::format("{} stands before its command", flag), {},
                  fmt::format("{} {} ...", command.path, flag));
    throw Error(ErrorKind::usage, fmt::format("{}: unknown option '{}'", command.path, shown(flag)), {},
                suggestion(bare, command));
  }

  std::string suggestion(std::string bare, const CommandNode& command) const {
    std::ranges::replace(bare, '_', '-');
    std::vector<std::string> names;
    for (const CommandNode* node : {&command, static_cast<const CommandNode*>(&root_)})
      for (const BoundOption& option : node->options) {
        if (option.positional) continue;
        names.emplace_back(option.name());
        if (option.is_flag()) names.push_back(fmt::format("no-{}", option.name()));
      }
    const std::string_view near =
        std::ranges::find(names, bare) != names.end() ? std::string_view(bare) : closest_of(bare, names);
    return near.empty() ? fmt::format("{} --help", command.path) : fmt::format("--{}", near);
  }

  CommandNode& root_;
  CLI::App app_;
  CLI::Option* help_;
  CLI::Option* version_;
  std::vector<std::pair<CommandNode*, CLI::App*>> commands_;
  std::vector<std::pair<BoundOption*, CLI::Option*>> options_;
};

}  // namespace

ParsedArguments parse_arguments(CommandNode& root, std::span<const std::string> arguments) {
  return Parser(root).parse(arguments);
}

}  // namespace movrec::cli
