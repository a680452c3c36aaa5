#include "movrec/core/shown.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "movrec/core/error.hpp"

using namespace movrec;
using testing::HasSubstr;
using testing::Not;

namespace {

TEST(Shown, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(shown("Heat (1995)"), "Heat (1995)");
  EXPECT_EQ(shown("Misérables 七人 😀"), "Misérables 七人 😀");
  EXPECT_EQ(shown("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(shown(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(shown("a\tb\nc\r"), "a\\tb\\x0ac\\x0d");
  EXPECT_EQ(shown("a\xC2\x9B"
                  "2J"),
            "a\\xc2\\x9b2J");  // CSI in one character
  EXPECT_EQ(shown("a\xC2\xA0"
                  "b"),
            "a\xC2\xA0"
            "b");                               // no-break space
  EXPECT_EQ(shown("Am\xE9lie"), "Am\\xe9lie");  // latin-1
  EXPECT_EQ(shown("\x7F"), "\\x7f");
}

TEST(Shown, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(shown(std::string(80, 'x')), std::string(80, 'x'));
  EXPECT_EQ(shown(std::string(81, 'x')), std::string(80, 'x') + "…");
  EXPECT_EQ(shown("xxé", 3), "xx…");
  EXPECT_EQ(shown("xé", 3), "xé");
  EXPECT_EQ(shown(std::string(1 << 20, '\x1b')).size(), 80 * 4 + 3u);
}

TEST(Shown, AMessageKeepsItsLayout) {
  EXPECT_EQ(shown_message("one\n\ttwo\x1b"), "one\n\ttwo\\x1b");
  EXPECT_EQ(shown_message(std::string(1 << 20, 'x')).size(), 4000 + 3u);
}

TEST(Shown, NoErrorHoldsControlCharactersOrIsEndless) {
  Error error(ErrorKind::usage, "what\x1b", std::string(1 << 20, 'w'), "rem\x07");
  error.add_context(std::string("context\0", 8));
  EXPECT_EQ(error.message(), "context\\x00: what\\x1b");
  EXPECT_EQ(error.why().size(), 4000 + 3u);
  EXPECT_EQ(error.remedy(), "rem\\x07");
  try {
    fail_unknown("model", std::string(1 << 20, 'x'), "mf, knn");
  } catch (const Error& unknown) {
    EXPECT_EQ(unknown.message(), "unknown model '" + std::string(80, 'x') + "…' (known: mf, knn)");
  }
}

TEST(Shown, Utf8IsToldFromTheRest) {
  EXPECT_TRUE(is_utf8("Misérables 七人 😀"));
  for (const char* bad : {"\xE9", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "a\xC3"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(Closest, AnEndlessWordTakesNoTime) {
  const std::string word(1 << 22, 'x');
  const std::array<std::string_view, 3> names{"train", "recommend", "evaluate"};
  const auto began = std::chrono::steady_clock::now();
  for (int k = 0; k < 100; ++k) EXPECT_EQ(closest_of(word, names), "");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

}  // namespace
