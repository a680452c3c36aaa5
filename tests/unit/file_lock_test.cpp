#include "movrec/core/file_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "movrec/core/error.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using movrec::test::TempDir;

namespace {

TEST(FileLock, OneHolderAtATime) {
  const TempDir dir;
  auto first = FileLock::try_lock(dir.path());
  ASSERT_TRUE(first);
  EXPECT_FALSE(FileLock::try_lock(dir.path()));
  first.reset();
  EXPECT_TRUE(FileLock::try_lock(dir.path()));
  EXPECT_THROW(FileLock::try_lock(dir / "none"), Error);
}

TEST(FileLock, WaitsForTheOneBefore) {
  const TempDir dir;
  auto first = FileLock::try_lock(dir.path());
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    first.reset();
  });
  const FileLock second = FileLock::wait_for(dir.path(), "another test");
  other.join();
  EXPECT_FALSE(first);
}

TEST(FileLock, AKilledHolderGivesItBack) {
  const TempDir dir;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::try_lock(dir.path());
    [[maybe_unused]] const auto told = ::write(ends[1], "x", 1);
    while (true) ::pause();
  }
  char said = 0;
  ASSERT_EQ(::read(ends[0], &said, 1), 1);
  EXPECT_FALSE(FileLock::try_lock(dir.path()));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(FileLock::try_lock(dir.path()));
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
