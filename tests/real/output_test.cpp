#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace {

/// What bash prints for `script`, in which $M is the program.
std::string bash(const std::string& script) {
  const std::string command = "M='" MOVREC_BINARY "' bash -c '" + script + "' 2>&1";
  std::FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  pclose(pipe);
  return text;
}

TEST(Output, AFullDiskIsAFailure) {
  EXPECT_EQ(bash("\"$M\" models > /dev/full; echo $?"),
            "movrec: error: the results cannot be written to standard output\n"
            "  why: No space left on device\n1\n");
}

TEST(Output, AReaderThatGoesAwayEndsTheProgramQuietly) {
  EXPECT_EQ(bash("\"$M\" models | true; echo ${PIPESTATUS[0]}"), "141\n");
}

TEST(Output, NothingButResultsGoesToStandardOutput) {
  EXPECT_EQ(bash("\"$M\" trian 2>/dev/null; echo $?"), "2\n");
}

}  // namespace
