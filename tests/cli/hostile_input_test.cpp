#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "movrec/core/files.hpp"
#include "support/titled_run.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

namespace {

/// What people and files say ends in an error that a terminal can show.
void expect_printable(const CliResult& result) {
  for (const std::string* text : {&result.out, &result.err}) {
    EXPECT_LT(text->size(), 20'000u);
    for (const char c : *text) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n') << *text;
  }
}

const std::string kEscape = "\x1b]0;owned\x07";
const std::string kEndless(1 << 20, 'x');

TEST(HostileInput, ValuesAreEchoedEscapedAndShort) {
  const TempDir dir;
  const std::string folder = dir.path().string();
  for (const std::string& value : {kEscape, kEndless})
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {value},
             {"train", "--" + value},
             {"train", "--model", value},
             {"train", "--epochs", value},
             {"train", "--dataset", value},
             {"train", "--data", value},
             {"data", "download", "ml-100k", "--data-dir", folder, "--data-url", value},
             {"train", "--resume", value},
             {"version", value},
             {"evaluate", "--checkpoint", value},
             {"evaluate", "--fail-if", value},
             {"--config", value, "version"}}) {
      const CliResult result = run_cli(arguments);
      EXPECT_NE(result.code, 0);
      EXPECT_LE(result.code, 4);
      expect_printable(result);
      EXPECT_THAT(result.err, Not(HasSubstr("exception")));
    }
}

TEST(HostileInput, ConfigurationsAreEchoedEscapedAndShort) {
  const TempDir dir;
  for (const std::string text : {"[train]\nmodel = \"\\u001b[2J\"\n", "[train]\n\"\\u001b[2J\" = 1\n",
                                 "[\"\\u001b\"]\n", "a = \x1b\n"})
    for (const std::string& more : {std::string(), "#" + std::string(1000, 'x')}) {
      write_file_atomically(dir / "c.toml", text + more);
      const CliResult result = run_cli({"--config", (dir / "c.toml").string(), "train"});
      EXPECT_EQ(result.code, 2);
      expect_printable(result);
    }
  write_file_atomically(dir / "c.toml", "[train]\nmodel = \"" + kEndless.substr(0, 1'000'000) + "\"\n");
  expect_printable(run_cli({"--config", (dir / "c.toml").string(), "train"}));
}

TEST(HostileInput, TitlesThatAreNoneAreRefusedAtOnce) {
  const TitledRun titled("ease");
  const auto began = std::chrono::steady_clock::now();
  for (const std::string& title : {kEscape, kEndless, std::string(3 << 20, 'y')}) {
    CliResult result = titled.cli({"recommend", "--like", title});
    EXPECT_EQ(result.code, 2);
    expect_printable(result);
    result = titled.cli({"similar", title});
    EXPECT_EQ(result.code, 2);
    expect_printable(result);
    result = titled.cli({"recommend", "--history", titled.file("h.csv", title + ",5\n")});
    EXPECT_EQ(result.code, 3);
    expect_printable(result);
    result = titled.cli({"interactive"}, title + "=5\nquit\n");
    EXPECT_EQ(result.code, 0);
    EXPECT_THAT(result.err, HasSubstr("no film is called"));
    expect_printable(result);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
}

TEST(HostileInput, ABadTitleInAFileEndsAsABadIdThere) {
  const TitledRun titled("ease");
  EXPECT_EQ(titled.cli({"update", "--history", titled.file("h.csv", "1,No Such Film,5\n")}).code, 3);
  EXPECT_EQ(titled.cli({"update", "--history", titled.file("h.csv", ",Star Wars (1977),5\n")}).code, 3);
  EXPECT_EQ(titled.cli({"update", "--history", titled.file("h.csv", "1,Sabrina,5\n")}).code, 3);
  EXPECT_EQ(titled.cli({"recommend", "--like", "Sabrina"}).code, 2);
}

TEST(HostileInput, EndlessFilesAreRefused) {
  const TitledRun titled("ease");
  EXPECT_THAT(run_cli({"--config", "/dev/zero", "version"}).err,
              HasSubstr("--config: cannot read /dev/zero: it holds more than 1 MB"));
  const CliResult history = titled.cli({"recommend", "--history", "/dev/zero"});
  EXPECT_EQ(history.code, 3);
  EXPECT_THAT(history.err, HasSubstr("--history: /dev/zero:1: the line is longer than 1 MiB"));
}

TEST(HostileInput, LoopsOfLinksAndTooLongPathsAreNamed) {
  const TempDir dir;
  fs::create_symlink("b", dir / "a");
  fs::create_symlink("a", dir / "b");
  const std::string loop = (dir / "a").string();
  const std::string endless = (dir / std::string(5000, 'x')).string();
  for (const std::string& path : {loop, endless}) {
    const std::string why = path == loop ? "Too many levels of symbolic links" : "File name too long";
    const auto expect = [&](int code, const std::vector<std::string>& arguments) {
      const CliResult result = run_cli(arguments);
      EXPECT_EQ(result.code, code) << arguments[0] << ' ' << arguments[1];
      EXPECT_THAT(result.err, HasSubstr(why));
      EXPECT_THAT(result.err, Not(HasSubstr("filesystem error")));
    };
    expect(2, {"--config", path, "version"});
    expect(3, {"train", "--data", path});
    expect(4, {"evaluate", "--checkpoint", path});
    expect(4, {"train", "--resume", path});
    expect(1, {"train", "--dataset", "synthetic", "--model", "bias", "--runs-dir", path});
  }
}

TEST(HostileInput, PathsThatAreNotUtf8AreNoException) {
  const TempDir dir;
  const std::string odd = (dir / "runs\xFF").string();
  const std::vector<std::string> small{"--dataset",         "synthetic", "--synthetic-users",   "60",
                                       "--synthetic-items", "40",        "--synthetic-ratings", "900"};
  std::vector<std::string> train{"train", "--model", "bias", "--runs-dir", odd, "--json"};
  train.insert(train.end(), small.begin(), small.end());
  const CliResult trained = run_cli(train);
  EXPECT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.out, HasSubstr("runs\xEF\xBF\xBD"));
  EXPECT_EQ(run_cli({"evaluate", "--runs-dir", odd, "--json"}).code, 0);
  write_file_atomically(dir / "r\xFF.csv", "1,1,5\n2,1,4\n1,2,3\n2,2,1\n");
  const CliResult result = run_cli({"train", "--data", (dir / "r\xFF.csv").string(), "--runs-dir", odd});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("r\\xff.csv' is not valid UTF-8"));
}

TEST(HostileInput, AFolderNamedAsAnArchiveIsNoDownload) {
  const TempDir dir;
  make_directories(dir / "ml-100k.zip");
  const CliResult result = run_cli({"data", "download", "ml-100k", "--data-dir", dir.path().string(),
                                    "--data-url", "http://127.0.0.1:1/"});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr("ml-100k.zip is there and is no regular file"));
}

}  // namespace
