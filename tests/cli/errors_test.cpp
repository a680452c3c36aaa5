#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <sstream>
#include <streambuf>

#include "support/cli_run.hpp"

using movrec::test::run_cli;
using testing::HasSubstr;

namespace {

TEST(Errors, UnknownCommandNamesTheNearest) {
  const auto result = run_cli({"versio"});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "movrec: error: unknown command 'movrec versio'\n  try: movrec version\n");
}

TEST(Errors, UnknownOptionNamesTheNearest) {
  const auto result = run_cli({"version", "--jsn"});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.err, "movrec: error: movrec version: unknown option '--jsn'\n  try: --json\n");
}

TEST(Errors, UnderscoresAreRecognised) {
  EXPECT_THAT(run_cli({"version", "--runs_dir", "x"}).err, HasSubstr("  try: --runs-dir\n"));
}

TEST(Errors, MissingValueAtTheEndAndBeforeAnotherOption) {
  for (const auto& result :
       {run_cli({"version", "--threads"}), run_cli({"version", "--threads", "--json"})}) {
    EXPECT_EQ(result.code, 2);
    EXPECT_EQ(result.err, "movrec: error: --threads needs a value\n");
  }
}

TEST(Errors, ValueOutOfRange) {
  const auto result = run_cli({"version", "--threads", "5000"});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(
      result.err,
      "movrec: error: --threads: '5000' is not allowed\n  why: expected a whole number from 0 to 4096\n");
}

TEST(Errors, OneArgumentTooMany) {
  const auto result = run_cli({"version", "x"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("movrec version: one argument too many: 'x'"));
}

TEST(Errors, QuietContradictsVerbose) {
  EXPECT_EQ(run_cli({"version", "-q", "-v"}).code, 2);
}

TEST(Errors, AnOptionBeforeItsCommandSaysWhereItBelongs) {
  const auto result = run_cli({"--data-dir", "x", "doctor"});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.err,
            "movrec: error: --data-dir stands before its command\n  try: movrec doctor --data-dir ...\n");
}

TEST(Errors, UnknownChildOfAGroup) {
  EXPECT_EQ(run_cli({"data", "downlod"}).err,
            "movrec: error: unknown command 'movrec data downlod'\n  try: movrec data download\n");
}

TEST(Errors, AMissingArgumentIsNamed) {
  const auto result = run_cli({"completion"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("movrec: error: movrec completion needs SHELL\n"));
}

TEST(Errors, AGpuThatIsNotThereIsAUsageError) {
  const auto result = run_cli({"doctor", "--device", "cuda:99"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("broken   device      --device cuda:99: "));
}

/// A disk that is full from the first byte.
class FullBuffer : public std::streambuf {
  int overflow(int) override { return traits_type::eof(); }
};

TEST(Errors, ResultsThatCannotBeWrittenAreAFailure) {
  FullBuffer buffer;
  std::ostream out(&buffer);
  std::istringstream in;
  std::ostringstream err;
  const std::array<const char*, 2> argv{"movrec", "models"};
  EXPECT_EQ(movrec::cli::run(2, argv.data(), in, out, err), 1);
  EXPECT_THAT(err.str(), HasSubstr("movrec: error: the results cannot be written to standard output\n"));
}

TEST(Errors, ASecondRunStartsAfresh) {
  const auto first = run_cli({"models", "--json"});
  EXPECT_EQ(run_cli({"models", "--jsn"}).code, 2);
  const auto second = run_cli({"models"});
  EXPECT_EQ(second.code, 0);
  EXPECT_NE(second.out, first.out);  // --json is not remembered
}

}  // namespace
