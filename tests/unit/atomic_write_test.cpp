#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <csignal>
#include <ostream>
#include <thread>

#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using movrec::test::TempDir;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

struct stat info_of(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info;
}

std::string error_of(const std::function<void()>& body) {
  return test::error_of(body).message();
}

TEST(AtomicWrite, ALinkStaysAndItsTargetIsReplaced) {
  const TempDir dir;
  make_directories(dir / "far");
  write_file_atomically(dir / "far/target", "old");
  fs::create_symlink("far/target", dir / "near");
  fs::create_symlink("near", dir / "link");
  write_file_atomically(dir / "link", "new");
  write_stream_atomically(dir / "link", [](std::ostream& out) { out << "newer"; });
  EXPECT_TRUE(fs::is_symlink(dir / "link"));
  EXPECT_TRUE(fs::is_symlink(dir / "near"));
  EXPECT_FALSE(fs::is_symlink(dir / "far/target"));
  EXPECT_EQ(read_file(dir / "far/target"), "newer");
}

TEST(AtomicWrite, WhatADanglingLinkNamesIsMade) {
  const TempDir dir;
  fs::create_symlink("none", dir / "link");
  write_file_atomically(dir / "link", "x");
  EXPECT_TRUE(fs::is_symlink(dir / "link"));
  EXPECT_EQ(read_file(dir / "none"), "x");
}

TEST(AtomicWrite, ALoopOfLinksAndAFolderAreRefused) {
  const TempDir dir;
  fs::create_symlink("b", dir / "a");
  fs::create_symlink("a", dir / "b");
  EXPECT_THAT(error_of([&] { write_file_atomically(dir / "a", "x"); }),
              HasSubstr("Too many levels of symbolic links"));
  make_directories(dir / "folder");
  EXPECT_THAT(error_of([&] { write_file_atomically(dir / "folder", "x"); }), HasSubstr("Is a directory"));
}

TEST(AtomicWrite, APrivateFileStaysPrivate) {
  const TempDir dir;
  write_file_atomically(dir / "a", "old");
  ::chmod((dir / "a").c_str(), 0600);
  write_file_atomically(dir / "a", "new");
  EXPECT_EQ(info_of(dir / "a").st_mode & 07777U, 0600U);
  EXPECT_EQ(read_file(dir / "a"), "new");
  ::chmod((dir / "a").c_str(), 0751);
  write_stream_atomically(dir / "a", [](std::ostream& out) { out << "newer"; });
  EXPECT_EQ(info_of(dir / "a").st_mode & 07777U, 0751U);
}

TEST(AtomicWrite, AnotherOwnersFileStaysTheirs) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  const TempDir dir;
  write_file_atomically(dir / "a", "old");
  ASSERT_EQ(::chown((dir / "a").c_str(), 1234, 2345), 0);
  ::chmod((dir / "a").c_str(), 0640);
  write_file_atomically(dir / "a", "new");
  EXPECT_EQ(info_of(dir / "a").st_uid, 1234U);
  EXPECT_EQ(info_of(dir / "a").st_gid, 2345U);
  EXPECT_EQ(info_of(dir / "a").st_mode & 07777U, 0640U);
}

TEST(AtomicWrite, ANewFileHasTheRightsThatUmaskLeaves) {
  const TempDir dir;
  const mode_t before = ::umask(0007);
  write_file_atomically(dir / "a", "x");
  write_stream_atomically(dir / "b", [](std::ostream& out) { out << "x"; });
  ::umask(before);
  EXPECT_EQ(info_of(dir / "a").st_mode & 07777U, 0660U);
  EXPECT_EQ(info_of(dir / "b").st_mode & 07777U, 0660U);
}

TEST(AtomicWrite, APipeIsWrittenToAndStays) {
  const TempDir dir;
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = read_file(dir / "pipe"); });
  const std::string content(200'000, 'x');
  write_file_atomically(dir / "pipe", content);
  reader.join();
  EXPECT_EQ(got, content);
  EXPECT_TRUE(S_ISFIFO(info_of(dir / "pipe").st_mode));
  EXPECT_TRUE(dir.files().empty());  // no regular one
}

TEST(AtomicWrite, ADeviceIsNeverRenamedOver) {
  const TempDir dir;
  if (::mknod((dir / "null").c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0) GTEST_SKIP() << "no devices here";
  if (::access((dir / "null").c_str(), W_OK) != 0) GTEST_SKIP() << "no devices here";
  try {
    write_file_atomically(dir / "null", "x");
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("denied"));  // a file system without devices
  }
  EXPECT_TRUE(S_ISCHR(info_of(dir / "null").st_mode));
  EXPECT_TRUE(dir.files().empty());  // no regular one
}

TEST(AtomicWrite, AnOpenDescriptorIsWrittenTo) {
  const TempDir dir;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  for (const std::string folder : {"/dev/fd/", "/proc/self/fd/"}) {
    write_file_atomically(folder + std::to_string(ends[1]), "through");
    char buffer[16]{};
    EXPECT_EQ(::read(ends[0], buffer, sizeof buffer), 7);
    EXPECT_EQ(std::string(buffer), "through");
  }
  ::close(ends[0]);
  ::close(ends[1]);
  // A file behind a descriptor goes on where it is, as /dev/stdout does after `> file`.
  write_file_atomically(dir / "a", "one ");
  const int fd = ::open((dir / "a").c_str(), O_WRONLY | O_APPEND);
  fs::create_symlink("/proc/self/fd/" + std::to_string(fd), dir / "out");
  write_stream_atomically(dir / "out", [](std::ostream& out) { out << "two"; });
  ::close(fd);
  EXPECT_EQ(read_file(dir / "a"), "one two");
  EXPECT_THAT(error_of([&] { write_file_atomically("/dev/fd/" + std::to_string(fd), "x"); }),
              HasSubstr("Bad file descriptor"));
}

TEST(AtomicWrite, WhatKilledWritersLeftIsRemoved) {
  const TempDir dir;
  const std::string self = std::to_string(::getpid());
  for (const std::string name :
       {"a.tmp999999999", "a.tmp999999998-4", "a.tmpx", "a.tmp", "a.tmp9999999-x", "b.tmp999999999"})
    append_line(dir / name, "half");
  append_line(dir / ("a.tmp" + self), "at work");
  write_file_atomically(dir / "a", "x");
  EXPECT_THAT(dir.files(), testing::UnorderedElementsAre("a", "a.tmp", "a.tmpx", "a.tmp9999999-x",
                                                         "a.tmp" + self, "b.tmp999999999"));
}

TEST(AtomicWrite, AFileSizeLimitIsAnErrorThatLeavesNothing) {
  const TempDir dir;
  const auto before_signal = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 1000, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string error = error_of([&] { write_file_atomically(dir / "a", std::string(5000, 'x')); });
  const std::string stream_error = error_of([&] {
    write_stream_atomically(dir / "a", [](std::ostream& out) { out << std::string(500'000, 'x'); });
  });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, before_signal);
  EXPECT_THAT(error, HasSubstr("File too large"));
  EXPECT_THAT(stream_error, HasSubstr("File too large"));
  EXPECT_TRUE(dir.files().empty());
}

TEST(ReadFile, EndlessInputIsRefusedAtItsLimit) {
  EXPECT_THAT(error_of([] { read_file("/dev/zero", 2 << 20); }),
              testing::StrEq("cannot read /dev/zero: it holds more than 2 MB"));
  const TempDir dir;
  write_file_atomically(dir / "a", "12345");
  EXPECT_EQ(read_file(dir / "a", 5), "12345");
  EXPECT_THAT(error_of([&] { read_file(dir / "a", 4); }), HasSubstr("it holds more than 4 bytes"));
  ::truncate((dir / "a").c_str(), 1LL << 40);  // takes no room on the disk
  EXPECT_THAT(error_of([&] { read_file(dir / "a", 1 << 20); }), HasSubstr("it holds more than 1 MB"));
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(error_of([&] { MappedFile(dir / "pipe"); }), HasSubstr("not a regular file"));
}

}  // namespace
