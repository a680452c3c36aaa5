#include "movrec/report/run_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "movrec/core/error.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::HasSubstr;

namespace {

std::string error_of(const std::filesystem::path& given, const std::filesystem::path& runs_dir) {
  try {
    return "found " + find_checkpoint(given, runs_dir).string();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    return error.message();
  }
}

// Torture 16: these ended with exit code 1 and "filesystem error".
TEST(FindCheckpoint, SaysWhyAPathCannotBeFollowed) {
  const TempDir dir;
  const std::filesystem::path loop = dir / "loop.pt";
  std::filesystem::create_symlink(loop, loop);
  EXPECT_THAT(error_of(loop, dir / "runs"), HasSubstr("loop.pt: Too many levels of symbolic links"));
  EXPECT_THAT(error_of(std::string(5000, 'x'), dir / "runs"), HasSubstr("File name too long"));
  EXPECT_THAT(error_of(dir / "none.pt", dir / "runs"), HasSubstr("none.pt: No such file or directory"));
}

}  // namespace
