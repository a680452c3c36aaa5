#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
