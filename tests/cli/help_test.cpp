#include "cli/parse/help.hpp"
#include "cli/parse/dashes.hpp"
#include "cli/parse/model_flags.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "movrec/core/build_info.hpp"
#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::cli;
using movrec::test::run_cli;
using testing::HasSubstr;

namespace {

std::vector<std::string> words_of(const CommandNode& command) {
  std::vector<std::string> words;
  const std::string path = command.path.substr(std::min<std::size_t>(command.path.size(), 7));
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find(' ', begin), path.size());
    words.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

/// Calls `visit` for the root and every command below it.
template <class Visit>
void for_each_command(const CommandNode& node, Visit&& visit) {
  visit(node);
  for (const CommandNode& child : node.children) for_each_command(child, visit);
}

TEST(Help, EveryCommandPrintsItsSummaryAndEachOfItsOptions) {
  GlobalOptions global;
  const CommandNode root = declare_commands(global);
  for_each_command(root, [](const CommandNode& command) {
    std::vector<std::string> arguments = words_of(command);
    arguments.emplace_back("--help");
    const auto result = run_cli(arguments);
    EXPECT_EQ(result.code, 0) << command.path;
    EXPECT_EQ(result.err, "") << command.path;
    EXPECT_THAT(result.out,
                testing::StartsWith(command.path + ": " + command.summary + "\n\nUsage: " + command.path));
    for (const BoundOption& option : command.options) {
      if (option.of_models) continue;
      EXPECT_THAT(result.out, HasSubstr(option.positional ? value_name(option) : std::string(option.name())));
    }
  });
}

TEST(Help, EveryCommandAndOptionIsDescribedAndNamedOnce) {
  GlobalOptions global;
  const CommandNode root = declare_commands(global);
  for_each_command(root, [&](const CommandNode& command) {
    EXPECT_NE(command.summary, "") << command.path;
    EXPECT_EQ(command.children.empty() && &command != &root, static_cast<bool>(command.action))
        << command.path;
    std::set<std::string_view> names{"help", "version"};
    for (const BoundOption& option : root.options)
      if (&command != &root) names.insert(option.name());
    for (const BoundOption& option : command.options) {
      EXPECT_FALSE(option.ref.field.help.empty()) << command.path << " " << option.name();
      EXPECT_TRUE(names.insert(option.name()).second) << command.path << " has two " << option.name();
    }
  });
}

/// As help writes it.
std::string line_of(const OptionRef& ref) {
  const BoundOption option{.ref = ref, .default_text = to_text(ref)};
  const std::string value = value_name(option), note = value_note(option);
  const bool negated = option.is_flag() && option.default_text == "true";
  return help_line(
      fmt::format("--{}{}{}", negated ? "no-" : "", option.name(), value.empty() ? "" : " " + value),
      fmt::format("{}{}", with_dashes(ref.field.help), note.empty() ? "" : " " + note));
}

bool shows(const std::string& help, std::string_view option) {
  for (const char* dashes : {"--", "--no-"})
    for (const char end : {' ', '\n'})
      if (help.find(fmt::format("\n  {}{}{}", dashes, option, end)) != std::string::npos) return true;
  return false;
}

TEST(Dashes, StandBeforeTheNamesOfOptions) {
  EXPECT_EQ(with_dashes("‹lr› 0.1 or ‹clip-norm› 1"), "--lr 0.1 or --clip-norm 1");
  EXPECT_EQ(with_dashes("‹l2›"), "--l2");
  for (const char* text : {"", "no option", "‹", "›", "‹no name›", "‹A›", "‹lr", "‹›"})
    EXPECT_EQ(with_dashes(text), text);
}

TEST(Help, OfAModelShowsWhatItUsesWithItsDefaultsAndNothingElse) {
  const ModelFlags all;
  for (const Algorithm& algorithm : algorithms())
    for (const std::string command : {"train", "cv"}) {
      const std::string help = run_cli({command, "--model", std::string(algorithm.name), "--help"}).out;
      ModelOptions options = default_options(algorithm);
      for (const OptionRef& ref : options.refs())
        EXPECT_THAT(help, HasSubstr("\n" + line_of(ref))) << algorithm.name;
      for (const OptionRef& ref : all.refs())
        EXPECT_EQ(shows(help, ref.field.name), options.has(ref.field.name))
            << algorithm.name << ' ' << ref.field.name;
      for (const char* common : {"dataset", "split", "ks", "runs-dir"}) EXPECT_TRUE(shows(help, common));
    }
}

TEST(Help, KnowsTheModelWhereverItWasNamed) {
  const std::string sgd = run_cli({"train", "--model", "mf", "--solver", "sgd", "--help"}).out;
  EXPECT_TRUE(shows(sgd, "embedding-l2"));
  EXPECT_FALSE(shows(sgd, "noise-damping"));
  EXPECT_EQ(run_cli({"train", "--help", "--solver=sgd", "--lr", "no number", "--model", "mf"}).out, sgd);
  EXPECT_EQ(run_cli({"help", "train", "--model", "mf", "--solver", "sgd"}).out, sgd);
  const std::string mlp = run_cli({"train", "--model", "mlp", "--help"}).out;
  EXPECT_EQ(run_cli({"train", "--layers", "8,4", "--help"}).out, mlp);
  const test::TempDir folder;
  std::ofstream(folder / "c.toml") << "[train]\nmodel = \"mlp\"\n";
  EXPECT_EQ(run_cli({"train", "--config", (folder / "c.toml").string(), "--help"}).out, mlp);
  const auto unknown = run_cli({"train", "--model", "mpl", "--help"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("unknown model 'mpl'"));
}

TEST(Help, WithoutAModelShowsWhatModelsShareAndNamesTheCommandThatListsThem) {
  const std::string help = run_cli({"train", "--help"}).out;
  EXPECT_THAT(help, HasSubstr("movrec models\n"));
  EXPECT_THAT(help, HasSubstr("movrec train --model NAME --help"));
  for (const char* shared : {"epochs", "seed", "patience", "refit", "time-budget"})
    EXPECT_TRUE(shows(help, shared)) << shared;
  for (const char* own : {"kl-weight", "layers", "sweeps", "l2"}) EXPECT_FALSE(shows(help, own)) << own;
  EXPECT_LT(std::ranges::count(help, '\n'), 140);
  EXPECT_EQ(run_cli({"train", "--model", "best", "--help"}).out, help);
}

TEST(Help, LinesAreWrappedAndIndented) {
  EXPECT_EQ(help_line("--lr X", "learning rate"), "  --lr X                      learning rate\n");
  const std::string long_help(60, 'a');
  EXPECT_EQ(help_line("--lr X", long_help + " " + long_help),
            "  --lr X                      " + long_help + "\n" + std::string(30, ' ') + long_help + "\n");
  EXPECT_EQ(help_line("--a-flag-with-a-very-long-name X", "help"),
            "  --a-flag-with-a-very-long-name X\n" + std::string(30, ' ') + "help\n");
}

TEST(Help, ValuesShowWhatIsAllowedAndTheDefault) {
  double lr = 0.003;
  std::string word;
  bool flag = true;
  EXPECT_EQ(value_note(
                {.ref = {Field{.name = "lr", .help = "", .min = 0, .max = 1}, &lr}, .default_text = "0.003"}),
            "[0 to 1; default: 0.003]");
  EXPECT_EQ(value_note({.ref = {Field{.name = "w", .help = "", .choices = {"", "a", "b"}}, &word}}), "[a|b]");
  EXPECT_EQ(value_note({.ref = {Field{.name = "f", .help = ""}, &flag}, .default_text = "true"}), "");
  EXPECT_EQ(value_name({.ref = {Field{.name = "split-seed", .help = ""}, &lr}}), "X");
  EXPECT_EQ(value_name({.ref = {Field{.name = "data-set", .help = ""}, &word}, .positional = true}),
            "DATA_SET");
}

TEST(Help, NoArgumentsPrintTheCommands) {
  const auto result = run_cli({});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, run_cli({"--help"}).out);
  EXPECT_THAT(result.out, HasSubstr("\nUsage: movrec COMMAND [OPTIONS]\n"));
}

TEST(Help, HelpIsACommandToo) {
  EXPECT_EQ(run_cli({"help", "models"}).out, run_cli({"models", "--help"}).out);
}

TEST(Version, FlagPrintsOneLine) {
  EXPECT_EQ(run_cli({"--version"}).out, "movrec " + std::string(build_info().version) + "\n");
  EXPECT_EQ(run_cli({"-V"}).code, 0);
}

}  // namespace
