#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

#include "movrec/data/releases.hpp"
#include "movrec/model/table/algorithm.hpp"
#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"

using movrec::test::run_cli;
using movrec::test::TempDir;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;

namespace {

bool has_shell(const std::string& shell) {
  return std::system(("command -v " + shell + " >/dev/null 2>&1").c_str()) == 0;
}

std::set<std::string> lines_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  EXPECT_EQ(pclose(pipe), 0) << command;
  std::set<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.insert(line);
  return lines;
}

class Completion : public testing::Test {
 protected:
  /// Skips where the shell is not installed.
  std::string script(const std::string& shell) {
    const auto result = run_cli({"completion", shell});
    EXPECT_EQ(result.code, 0);
    EXPECT_EQ(result.err, "");
    const std::string path = (folder_ / ("movrec." + shell)).string();
    std::ofstream(path) << result.out;
    return path;
  }
  /// What bash offers for the last of the words.
  std::set<std::string> bash(const std::string& words) {
    return lines_of(
        "bash -c 'source " + script("bash") + "; COMP_WORDS=(" + words +
        "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _movrec; printf \"%s\\n\" \"${COMPREPLY[@]}\"'");
  }
  std::set<std::string> fish(const std::string& line) {
    return lines_of("fish --no-config -c 'source " + script("fish") + "; complete -C \"" + line +
                    "\" | cut -f1'");
  }
  TempDir folder_;
};

TEST_F(Completion, BashOffersCommandsOptionsAndValues) {
  if (!has_shell("bash")) GTEST_SKIP() << "bash is not installed";
  EXPECT_THAT(bash("movrec mod"), ElementsAre("models"));
  EXPECT_THAT(bash("movrec doctor --thr"), ElementsAre("--threads"));
  EXPECT_THAT(bash("movrec --device cp"), ElementsAre("cpu"));
  EXPECT_THAT(bash("movrec --device = cp"), ElementsAre("cpu"));
  EXPECT_THAT(bash("movrec --json completion \"\""), Contains("zsh"));
  EXPECT_THAT(bash("movrec models \"\""), Not(Contains("doctor")));
  for (const movrec::Algorithm& algorithm : movrec::algorithms())
    EXPECT_THAT(bash("movrec models \"\""), Contains(std::string(algorithm.name)));
}

TEST_F(Completion, FishOffersCommandsOptionsAndValues) {
  if (!has_shell("fish")) GTEST_SKIP() << "fish is not installed";
  EXPECT_THAT(fish("movrec mod"), ElementsAre("models"));
  EXPECT_THAT(fish("movrec doctor --thr"), ElementsAre("--threads"));
  EXPECT_THAT(fish("movrec --device cp"), ElementsAre("cpu"));
  EXPECT_THAT(fish("movrec completion "), Contains("zsh"));
}

TEST_F(Completion, ZshReadsTheScript) {
  if (!has_shell("zsh")) GTEST_SKIP() << "zsh is not installed";
  // Stands in for the completion system: prints what would be offered.
  const std::string stub = "compdef() { :; }; _describe() { print -l -- ${(P)2} }; source " + script("zsh") +
                           "; words=(movrec doctor --thr); CURRENT=3; _movrec";
  const auto offered = lines_of("zsh -f -c '" + stub + "'");
  EXPECT_THAT(offered, Contains(testing::StartsWith("--threads:")));
  EXPECT_THAT(offered, Not(Contains(testing::StartsWith("models:"))));
}

TEST_F(Completion, AnUnknownShellIsAUsageError) {
  const auto result = run_cli({"completion", "tcsh"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err,
              testing::HasSubstr("SHELL: 'tcsh' is not allowed\n  why: expected one of bash, zsh, fish\n"));
}

}  // namespace
