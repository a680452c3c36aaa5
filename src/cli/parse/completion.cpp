#include "cli/parse/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <vector>

#include "cli/parse/dashes.hpp"
#include "cli/parse/help.hpp"
#include "movrec/data/releases.hpp"
#include "movrec/model/table/algorithm.hpp"

namespace movrec::cli {
namespace {

std::vector<const CommandNode*> all_commands(const CommandNode& root) {
  std::vector<const CommandNode*> nodes{&root};
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (const CommandNode& child : nodes[i]->children) nodes.push_back(&child);
  return nodes;
}

std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  for (const Release& release : releases()) names.emplace_back(release.name);
  names.emplace_back("synthetic");
  return names;
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const Algorithm& algorithm : algorithms()) names.emplace_back(algorithm.name);
  return names;
}

/// The known values of an option or argument; none for numbers, files and free text.
std::vector<std::string> values_of(const CommandNode& command, const BoundOption& option) {
  std::vector<std::string> values;
  for (std::string_view choice : option.ref.field.choices)
    if (!choice.empty()) values.emplace_back(choice);
  if (!values.empty()) return values;
  if (option.name() == "model" || (option.positional && command.name == "models")) return model_names();
  if (option.name() == "dataset" || (option.positional && command.path.starts_with("movrec data ")))
    return dataset_names();
  if (option.name() == "device") return {"auto", "cpu", "cuda"};
  return values;
}

/// Everything that may stand at a place: subcommands, options, values of arguments.
struct Word {
  std::string text, help;
};

std::vector<Word> words_of(const CommandNode& root, const CommandNode& command) {
  std::vector<Word> words;
  for (const CommandNode& child : command.children) words.push_back({child.name, child.summary});
  for (const BoundOption& option : command.options)
    if (option.positional)
      for (const std::string& value : values_of(command, option))
        words.push_back({value, with_dashes(option.ref.field.help)});
  const auto add_options = [&](const CommandNode& node) {
    for (const BoundOption& option : node.options) {
      if (option.positional) continue;
      const bool off = option.is_flag() && option.default_text == "true";
      words.push_back(
          {fmt::format("--{}{}", off ? "no-" : "", option.name()), with_dashes(option.ref.field.help)});
    }
  };
  if (&command != &root) add_options(command);
  add_options(root);
  words.push_back({"--help", "print help"});
  return words;
}

struct OptionValues {
  std::string place;  ///< "movrec train --model"
  std::vector<std::string> values;
};

/// Of options that take a value; `values` is empty where the shell offers files.
std::vector<OptionValues> option_values(const CommandNode& root) {
  std::vector<OptionValues> all;
  for (const CommandNode* command : all_commands(root))
    for (const CommandNode* node : {command, &root}) {
      for (const BoundOption& option : node->options)
        if (!option.positional && !option.is_flag())
          all.push_back({fmt::format("{} --{}", command->path, option.name()), values_of(*command, option)});
      if (command == &root) break;
    }
  return all;
}

std::vector<std::string> command_paths(const CommandNode& root) {
  std::vector<std::string> paths;
  for (const CommandNode* command : all_commands(root))
    if (command != &root) paths.push_back(fmt::format("\"{}\"", command->path));
  return paths;
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string bash_script(const CommandNode& root) {
  std::string script = fmt::format(R"(# bash completion of movrec: source <(movrec completion bash)
_movrec() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} command=movrec words="" i
  if [[ $cur == "=" ]]; then cur=""; elif [[ $prev == "=" ]]; then prev=${{COMP_WORDS[COMP_CWORD-2]}}; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command ${{COMP_WORDS[i]}}" in
      {}) command+=" ${{COMP_WORDS[i]}}" ;;
    esac
  done
  COMPREPLY=()
  case "$command $prev" in
)",
                                   fmt::join(command_paths(root), "|"));
  for (const OptionValues& option : option_values(root))
    script += fmt::format("    \"{}\") words=\"{}\" ;;\n", option.place, fmt::join(option.values, " "));
  script += "    *)\n      case \"$command\" in\n";
  for (const CommandNode* command : all_commands(root)) {
    std::vector<std::string> texts;
    for (const Word& word : words_of(root, *command)) texts.push_back(word.text);
    script += fmt::format("        \"{}\") words=\"{}\" ;;\n", command->path, fmt::join(texts, " "));
  }
  // No reply: bash goes on to file names (-o default).
  return script + R"(      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _movrec movrec
)";
}

std::string zsh_words(const std::vector<Word>& words) {
  std::vector<std::string> entries;
  for (const Word& word : words) {
    std::string help;
    for (char c : word.help) help += c == ':' ? std::string("\\:") : std::string(1, c);
    entries.push_back(single_quoted(help.empty() ? word.text : word.text + ":" + help));
  }
  return fmt::format("{}", fmt::join(entries, " "));
}

std::string zsh_script(const CommandNode& root) {
  std::string script = fmt::format(R"(#compdef movrec
# zsh completion of movrec: source <(movrec completion zsh), or a file _movrec in a folder of $fpath
_movrec() {{
  local command=movrec i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    case "$command ${{words[i]}}" in
      {}) command+=" ${{words[i]}}" ;;
    esac
  done
  case "$command ${{words[CURRENT-1]}}" in
)",
                                   fmt::join(command_paths(root), "|"));
  for (const OptionValues& option : option_values(root)) {
    std::vector<Word> words;
    for (const std::string& value : option.values) words.push_back({value, ""});
    script += fmt::format("    \"{}\") {} ;;\n", option.place,
                          words.empty() ? "_files; return" : fmt::format("found=({})", zsh_words(words)));
  }
  script += "    *)\n      case \"$command\" in\n";
  for (const CommandNode* command : all_commands(root))
    script +=
        fmt::format("        \"{}\") found=({}) ;;\n", command->path, zsh_words(words_of(root, *command)));
  return script + R"(      esac ;;
  esac
  _describe movrec found
}
if [[ ${funcstack[1]} == _movrec ]]; then _movrec "$@"; else compdef _movrec movrec; fi
)";
}

std::string fish_script(const CommandNode& root) {
  std::string script = fmt::format(
      R"(# fish completion of movrec: movrec completion fish > ~/.config/fish/completions/movrec.fish
function __movrec_command_is
  set -l command movrec
  for word in (commandline -opc)[2..-1]
    switch "$command $word"
      case {}
        set command "$command $word"
    end
  end
  test "$command" = "$argv[1]"
end
complete -c movrec -f
)",
      fmt::join(command_paths(root), " "));
  for (const CommandNode* command : all_commands(root)) {
    const std::string prefix = fmt::format(
        "complete -c movrec -n {}", single_quoted(fmt::format("__movrec_command_is \"{}\"", command->path)));
    for (const CommandNode& child : command->children)
      script += fmt::format("{} -a {} -d {}\n", prefix, child.name, single_quoted(child.summary));
    for (const CommandNode* node : {command, &root}) {
      for (const BoundOption& option : node->options) {
        const std::string values =
            single_quoted(fmt::format("{}", fmt::join(values_of(*command, option), " ")));
        const std::string help = single_quoted(with_dashes(option.ref.field.help));
        if (option.positional && values != "''") {
          script += fmt::format("{} -a {} -d {}\n", prefix, values, help);
        } else if (option.positional) {
          continue;
        } else if (option.is_flag()) {
          script += fmt::format("{} -l {}{} -d {}\n", prefix, option.default_text == "true" ? "no-" : "",
                                option.name(), help);
        } else {
          script += fmt::format("{} -l {} -d {} {}\n", prefix, option.name(), help,
                                values == "''" ? "-rF" : "-xa " + values);
        }
      }
      if (command == &root) break;
    }
    script += fmt::format("{} -l help -s h -d 'print help'\n", prefix);
  }
  return script;
}

}  // namespace

std::string completion_script(std::string_view shell, const CommandNode& root) {
  if (shell == "bash") return bash_script(root);
  return shell == "zsh" ? zsh_script(root) : fish_script(root);
}

}  // namespace movrec::cli
