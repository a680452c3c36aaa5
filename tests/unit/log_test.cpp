#include "movrec/core/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/stop.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;

namespace {

/// What the thread's work says goes to `stream` while it lives.
struct Shown {
  explicit Shown(std::ostream& stream, Verbosity verbosity = Verbosity::normal)
      : console(stream, verbosity), scope({.observer = &console}) {}
  Console console;
  RunScope scope;
};

std::string logged_at(Verbosity verbosity) {
  std::ostringstream stream;
  const Shown shown(stream, verbosity);
  log_debug("a {}", 1);
  log_info("b");
  log_warning("c");
  log_text(LogLevel::error, "d");
  return stream.str();
}

TEST(Log, LevelsDecideWhatIsShownAndHow) {
  EXPECT_EQ(logged_at(Verbosity::quiet), "movrec: error: d\n");
  EXPECT_EQ(logged_at(Verbosity::normal), "b\nmovrec: warning: c\nmovrec: error: d\n");
  EXPECT_EQ(logged_at(Verbosity::verbose), "a 1\nb\nmovrec: warning: c\nmovrec: error: d\n");
}

TEST(Log, TheObserverBeforeComesBack) {
  std::ostringstream outer, inner;
  const Shown shown(outer);
  {
    const Shown nested(inner);
    log_info("in");
  }
  log_info("out");
  EXPECT_EQ(inner.str(), "in\n");
  EXPECT_EQ(outer.str(), "out\n");
}

TEST(Log, EachThreadHasItsOwnObserver) {
  std::ostringstream here, there;
  const Shown shown(here);
  std::thread([&] {
    log_info("nobody listens");
    const Shown shown_there(there);
    log_info("there");
  }).join();
  log_info("here");
  EXPECT_EQ(here.str(), "here\n");
  EXPECT_EQ(there.str(), "there\n");
}

TEST(Log, AFileGetsWhatQuietHides) {
  const test::TempDir folder;
  std::ostringstream stream;
  const Shown shown(stream, Verbosity::quiet);
  {
    const LogFile file(folder / "train.log");
    log_info("epoch 1");
  }
  log_info("after");
  EXPECT_EQ(stream.str(), "");
  EXPECT_THAT(read_file(folder / "train.log"), testing::MatchesRegex("[0-9-]+T[0-9:]+ info epoch 1\n"));
}

TEST(Log, AFileThatCannotBeOpenedIsAnError) {
  EXPECT_THROW(LogFile("/proc/absent/train.log"), Error);
}

/// Keeps what it hears.
struct Listener final : Observer {
  void progress(const ProgressReport& report) override {
    heard += fmt::format("{} {}/{} {};", report.label, report.done, report.total, report.unit);
  }
  void progress_ended() override { heard += "end;"; }
  std::string heard;
};

TEST(Log, ProgressIsReportedAndEnded) {
  Listener listener;
  const RunScope scope({.observer = &listener});
  {
    Progress progress("epoch 1/2", 10, "rows");
    progress.update(5);
  }
  { const Progress unused("nothing", 1, "rows"); }
  EXPECT_EQ(listener.heard, "epoch 1/2 5/10 rows;end;");
}

TEST(Log, AStopTokenStopsItsOwnThreadOnly) {
  StopToken token;
  const RunScope scope({.stop = &token});
  EXPECT_TRUE(token.request(2));
  EXPECT_FALSE(token.request(15)) << "the first reason stands";
  int elsewhere = -1;
  std::thread([&] { elsewhere = stop_signal(); }).join();
  EXPECT_EQ(elsewhere, 0);
  EXPECT_THROW(check_stop(), Interrupted);
}

TEST(Log, AStringIsNoTerminal) {
  std::ostringstream stream;
  EXPECT_FALSE(is_terminal(stream));
  EXPECT_FALSE(wants_colour(stream));
}

TEST(Log, WhatATerminalWouldObeyIsEscaped) {
  std::ostringstream stream;
  const Shown shown(stream);
  log_info("a\x1b[2Jb {}", std::string(1 << 20, 'x'));
  EXPECT_EQ(stream.str().substr(0, 10), "a\\x1b[2Jb ");
  EXPECT_LT(stream.str().size(), 5000u);
}

TEST(Log, AFullDiskIsSaidOnceAndByNobodyElse) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
  std::ostringstream stream;
  const Shown shown(stream);
  testing::internal::CaptureStderr();
  {
    const LogFile file("/dev/full");
    log_info("one");
    log_info("two");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(stream.str(), "movrec: warning: /dev/full cannot be written any more\none\ntwo\n");
}

}  // namespace
