#include "core/toml_document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "movrec/core/error.hpp"
#include "support/error_of.hpp"

using namespace movrec;
using testing::HasSubstr;
using testing::StrEq;

namespace {

std::string error_of(const std::string& text) {
  return test::message_of([&] { parse_toml(text, "c.toml"); }, ErrorKind::usage);
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int k = 0; k < times; ++k) out += text;
  return out;
}

TEST(TomlDocument, ReadsWhatConfigurationsHold) {
  const toml::table table = parse_toml(
      "threads = 2\n[train] # with a comment that . has . dots [[[[[[[[[[[[[[[[[[[[[[\n"
      "layers = [64, 32]\nlr = 0.003\nnote = \"\"\"[[[\n ]] \\\" ... \"\"\"\"\npath = 'C:\\'\n",
      "c.toml");
  EXPECT_EQ(table["threads"].value<int>(), 2);
  EXPECT_EQ(table["train"]["lr"].value<double>(), 0.003);
  EXPECT_EQ(table["train"]["note"].value<std::string>(), "[[[\n ]] \" ... \"");
  EXPECT_EQ(table["train"]["path"].value<std::string>(), "C:\\");
}

TEST(TomlDocument, KeysOfFiftyThousandPartsAreRefused) {
  EXPECT_THAT(error_of("a = 1\n" + repeated("a.", 50'000) + "b = 1\n"), StrEq("c.toml:2: too many dots"));
  EXPECT_THAT(error_of("[" + repeated("a.", 50'000) + "b]\n"), StrEq("c.toml:1: too many dots"));
  EXPECT_THAT(error_of(repeated("a .\t", 50'000) + "b = 1\n"), StrEq("c.toml:1: too many dots"));
  EXPECT_THAT(error_of(repeated("'a'.\"b\".", 50'000) + "b = 1\n"), StrEq("c.toml:1: too many dots"));
}

TEST(TomlDocument, DeepBracketsAreRefused) {
  EXPECT_THAT(error_of("a = " + repeated("[", 100'000)),
              StrEq("c.toml:1: brackets within too many brackets"));
  EXPECT_THAT(error_of("a = " + repeated("[\n{b=", 1000)), HasSubstr("brackets within too many brackets"));
}

TEST(TomlDocument, ALargeOneIsRefusedAndOtherFaultsAreNamed) {
  EXPECT_THAT(error_of(std::string((1 << 20) + 1, '#')), HasSubstr("a configuration of over 1048576 bytes"));
  EXPECT_THAT(error_of("a = 1\nb = \x1b\n"), HasSubstr("c.toml:2: "));
  EXPECT_EQ(error_of("a = 1\nb = \x1b\n").find('\x1b'), std::string::npos);
}

}  // namespace
