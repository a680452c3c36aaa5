#include "movrec/core/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;

namespace {

std::string logged_at(Verbosity verbosity) {
  std::ostringstream stream;
  const LogScope scope(stream, verbosity);
  spdlog::debug("a {}", 1);
  spdlog::info("b");
  spdlog::warn("c");
  spdlog::error("d");
  return stream.str();
}

TEST(Log, LevelsDecideWhatIsShownAndHow) {
  EXPECT_EQ(logged_at(Verbosity::quiet), "movrec: error: d\n");
  EXPECT_EQ(logged_at(Verbosity::normal), "b\nmovrec: warning: c\nmovrec: error: d\n");
  EXPECT_EQ(logged_at(Verbosity::verbose), "a 1\nb\nmovrec: warning: c\nmovrec: error: d\n");
}

TEST(Log, TheLoggerBeforeComesBack) {
  std::ostringstream outer, inner;
  const LogScope scope(outer, Verbosity::normal);
  {
    const LogScope nested(inner, Verbosity::normal);
    spdlog::info("in");
  }
  spdlog::info("out");
  EXPECT_EQ(inner.str(), "in\n");
  EXPECT_EQ(outer.str(), "out\n");
}

TEST(Log, AFileGetsWhatQuietHides) {
  const test::TempDir folder;
  std::ostringstream stream;
  const LogScope scope(stream, Verbosity::quiet);
  {
    const LogFile file(folder / "train.log");
    spdlog::info("epoch 1");
  }
  spdlog::info("after");
  EXPECT_EQ(stream.str(), "");
  EXPECT_THAT(read_file(folder / "train.log"), testing::MatchesRegex("[0-9-]+T[0-9:]+ info epoch 1\n"));
}

TEST(Log, AFileThatCannotBeOpenedIsAnError) {
  const test::TempDir folder;
  std::ostringstream stream;
  const LogScope scope(stream, Verbosity::quiet);
  EXPECT_THROW(LogFile("/proc/absent/train.log"), Error);
}

TEST(Log, AStringIsNoTerminal) {
  std::ostringstream stream;
  EXPECT_FALSE(is_terminal(stream));
  EXPECT_FALSE(wants_colour(stream));
}

}  // namespace
