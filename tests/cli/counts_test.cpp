// ials on counts of how often somebody took what.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "movrec/core/files.hpp"
#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_builder.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;

namespace {

constexpr const char* kHeader = "user,artist,plays\n";

/// Two tastes in artists, of which those of the own taste are played more often. Nothing of user u0 is held out.
class Counts : public testing::Test {
 protected:
  Counts() {
    std::string train = kHeader, test = kHeader;
    for (int user = 0; user < 30; ++user)
      for (int artist = 0; artist < 16; ++artist) {
        if ((user * 7 + artist * 3) % 5 < 2) continue;
        const bool is_liked = (user + artist) % 2 == 0;
        const std::string line = fmt::format("u{},a{},{}\n", user, artist,
                                             is_liked ? 20 + (user * 31 + artist * 7) % 180 : 1 + user % 3);
        (user > 0 && (user + artist) % 9 == 0 ? test : train) += line;
        if (user == 0) own_ += line.substr(line.find(',') + 1);
      }
    for (const char* confidence : {"0", "0.5"}) {
      const CliResult result =
          run_cli({"train", "--model", "ials", "--train-file", write("train.csv", train), "--test-file",
                   write("test.csv", test), "--embedding-dim", "8", "--epochs", "4", "--confidence",
                   confidence, "--l2", "0.02", "--valid-from", "none", "--runs-dir", runs(confidence)});
      EXPECT_EQ(result.code, 0) << result.err;
    }
  }

  std::string write(const std::string& name, const std::string& text) const {
    write_text(dir_ / name, text);
    return (dir_ / name).string();
  }
  std::string runs(const std::string& confidence) const { return (dir_ / ("runs" + confidence)).string(); }
  CliResult cli(const std::string& confidence, std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--runs-dir", runs(confidence)});
    return run_cli(arguments);
  }
  /// The items that are recommended, and their scores.
  json list(const std::string& confidence, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "recommend");
    arguments.insert(arguments.end(), {"--min-ratings", "0", "--json"});
    const CliResult result = cli(confidence, arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    return json::parse(result.out).at("users").at(0).at("items");
  }

  /// The lines of u0 as those of another user.
  std::string own_lines(int user) const {
    std::string lines;
    for (std::size_t at = 0; at < own_.size(); at = own_.find('\n', at) + 1)
      lines += fmt::format("u{},{}", user, own_.substr(at, own_.find('\n', at) + 1 - at));
    return lines;
  }

  TempDir dir_;
  std::string own_;  ///< the lines of u0
};

TEST_F(Counts, AreHeardInHistoriesAsInTraining) {
  const std::string own = write("own.csv", own_);
  for (const char* confidence : {"0", "0.5"})
    EXPECT_EQ(list(confidence, {"--history", own}), list(confidence, {"--user", "u0"})) << confidence;
  const std::vector<std::string> one{"--rate", "a1=30", "--rate", "a2=2"},
      other{"--rate", "a1=2", "--rate", "a2=30"};
  EXPECT_EQ(list("0", one), list("0", other));
  EXPECT_NE(list("0.5", one), list("0.5", other));
}

TEST_F(Counts, AreConfidenceUnlessSomebodySaysOtherwise) {
  const auto confidence_of = [&](const char* rating, const std::string& name) {
    std::string text = fmt::format("user,artist,{}\n", rating) + own_lines(0) + own_lines(1);
    const std::string folder = (dir_ / name).string();
    EXPECT_EQ(run_cli({"train", "--model", "ials", "--data", write(name + ".csv", text), "--embedding-dim",
                       "2", "--epochs", "1", "--valid-from", "none", "--runs-dir", folder})
                  .code,
              0);
    const std::string config = read_file(std::filesystem::directory_iterator(folder)->path() / "config.toml");
    return config.substr(config.find("confidence = "), 16);
  };
  EXPECT_EQ(confidence_of("plays", "counts"), "confidence = 0.3");
  EXPECT_EQ(confidence_of("stars", "stars").substr(0, 15), "confidence = 0\n");
}

TEST_F(Counts, AreAllGoodHoweverLowAndHoweverHigh) {
  for (const char* confidence : {"0", "0.5"}) {
    for (const char* count : {"1", "100000"}) {
      const std::string rated = fmt::format("a1={}", count);
      const json items = list(confidence, {"--rate", rated, "--top", "16"});
      EXPECT_EQ(items.size(), 15U);
      EXPECT_EQ(static_cast<int>(items[0]["item"].get<std::string>().back() - '0') % 2, 1)
          << confidence << ' ' << count << ": another taste than that of a1";
    }
    EXPECT_EQ(cli(confidence, {"recommend", "--rate", "a1=-1"}).code, 2);
    const json all = list(confidence, {"--like", "a1", "--top", "16"}),
               without = list(confidence, {"--like", "a1", "--dislike", "a3", "--top", "16"});
    EXPECT_EQ(without.size() + 1, all.size()) << "nobody can dislike in counts: it is left out";
  }
}

TEST_F(Counts, OfAnUpdateAreHeardAsThoseThatAreTold) {
  for (const char* confidence : {"0", "0.5"}) {
    const std::string added = write("new.csv", std::string(kHeader) + "n1,a1,3\nn1,a4,900\n");
    const std::string updated = (dir_ / fmt::format("updated{}.pt", confidence)).string();
    ASSERT_EQ(cli(confidence, {"update", "--history", added, "--output", updated}).code, 0);
    const std::vector<std::string> told{"--rate", "a1=3", "--rate", "a4=900"};
    const json of_updated = list(confidence, {"--user", "n1", "--checkpoint", updated});
    EXPECT_EQ(of_updated.size(), 10U);
    EXPECT_EQ(of_updated, list(confidence, told)) << confidence;
  }
}

}  // namespace
