#include <memory>
#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/parse/command_tree.hpp"
#include "cli/parse/completion.hpp"

namespace movrec::cli {

Action declare_completion(FlagSet& flags) {
  auto shell = std::make_shared<std::string>();
  flags.add_positional(
      {Field{.name = "shell", .help = "bash, zsh or fish", .choices = {"bash", "zsh", "fish"}}, shell.get()},
      true);
  flags.set_footer(
      "Examples:\n"
      "  source <(movrec completion bash)          # now; put it into ~/.bashrc for always\n"
      "  source <(movrec completion zsh)           # the same in ~/.zshrc, after compinit\n"
      "  movrec completion fish > ~/.config/fish/completions/movrec.fish");
  return [shell](Invocation& invocation) {
    GlobalOptions global;
    *invocation.out << completion_script(*shell, declare_commands(global));
    return 0;
  };
}

}  // namespace movrec::cli
