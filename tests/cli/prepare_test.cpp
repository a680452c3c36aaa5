#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "movrec/checkpoint/checkpoint.hpp"
#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_builder.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

namespace {

/// Files of made-up ratings: user u has rated the items i with (u + 2 i) % 3 > 0.
class PreparedRatings : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    write_text(folder_ / name, text);
    return (folder_ / name).string();
  }
  static std::string rows(int first_user, int last_user, int first_item, int last_item, int stars_shift = 0) {
    std::string text;
    for (int user = first_user; user <= last_user; ++user)
      for (int item = first_item; item <= last_item; ++item)
        if ((user + 2 * item) % 3 > 0)
          text += fmt::format("{},{},{},{}\n", user, item, 1 + (user * item + stars_shift) % 5,
                              1'000'000'000 + 86'400 * item);
    return text;
  }
  CliResult movrec(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin() + 1, {"--runs-dir", (folder_ / "runs").string()});
    return run_cli(arguments);
  }
  /// The model's newest answer, which must be one.
  json answer(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    const CliResult result = movrec(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    return json::parse(result.out);
  }
  TempDir folder_;
};

TEST_F(PreparedRatings, AreCountedOnceInEveryCommandOfARun) {
  const std::string once = write("once.csv", rows(1, 20, 1, 20));
  const std::string twice = write("twice.csv", rows(1, 20, 1, 20, 1) + rows(1, 20, 1, 20));
  const json of_once = answer({"train", "--model", "bias", "--data", once});
  const CliResult trained = movrec({"train", "--model", "bias", "--data", twice, "--json"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("ratings repeat a pair: the last counts (--duplicates)"));
  const json of_twice = json::parse(trained.out);
  EXPECT_EQ(of_twice.at("test").at("rows"), of_once.at("test").at("rows"));
  EXPECT_EQ(answer({"evaluate"}).at("test").at("rmse"), of_twice.at("test").at("rmse"));

  const json first = answer({"train", "--model", "bias", "--data", twice, "--duplicates", "first"});
  EXPECT_EQ(answer({"evaluate"}).at("test").at("rmse"), first.at("test").at("rmse"));
  EXPECT_NE(first.at("test").at("rmse"), of_twice.at("test").at("rmse"));

  const CliResult refused = movrec({"train", "--data", twice, "--duplicates", "error"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("--duplicates error refuses them"));
}

TEST_F(PreparedRatings, OfTrainingAreNoTestUnlessThatIsAllowedAndSaid) {
  const std::string train = write("train.csv", rows(1, 20, 1, 20)),
                    test = write("test.csv", rows(1, 20, 18, 23));
  const CliResult refused = movrec({"train", "--train-file", train, "--test-file", test, "--model", "bias"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("test ratings are of pairs that the training ratings hold, too"));
  EXPECT_THAT(refused.err, HasSubstr("--allow-overlap"));
  EXPECT_FALSE(fs::exists(folder_ / "runs"));

  const CliResult allowed = movrec(
      {"train", "--train-file", train, "--test-file", test, "--model", "bias", "--allow-overlap", "--json"});
  ASSERT_EQ(allowed.code, 0) << allowed.err;
  EXPECT_THAT(allowed.err, HasSubstr("the split is leaky: "));
  const std::string caveat = json::parse(allowed.out).at("caveat");
  EXPECT_THAT(caveat, HasSubstr("leaky: 40 of 80 test ratings"));
  const CliResult evaluated = movrec({"evaluate", "--json"});
  EXPECT_THAT(evaluated.err, HasSubstr("the split is leaky: "));
  EXPECT_EQ(json::parse(evaluated.out).at("caveat"), caveat);
}

TEST_F(PreparedRatings, ComparedAndBlendedRunsCarryTheCaveatToo) {
  const std::string train = write("train.csv", rows(1, 20, 1, 20)),
                    test = write("test.csv", rows(1, 20, 18, 23));
  std::vector<std::string> runs;
  for (const char* model : {"bias", "knn"})
    runs.push_back(
        answer({"train", "--train-file", train, "--test-file", test, "--model", model, "--allow-overlap"})
            .at("run"));
  EXPECT_THAT(answer({"compare", runs[0], runs[1]}).at("caveat").get<std::string>(), HasSubstr("leaky"));
  EXPECT_THAT(answer({"blend", runs[0], runs[1]}).at("caveat").get<std::string>(), HasSubstr("leaky"));
}

TEST_F(PreparedRatings, OfOneFileThatCountOtherwiseAreNotCompared) {
  const std::string twice = write("twice.csv", rows(1, 20, 1, 20, 1) + rows(1, 20, 1, 20));
  const auto train = [&](const std::string& rule) -> std::string {
    return answer({"train", "--model", "bias", "--data", twice, "--duplicates", rule}).at("run");
  };
  const CliResult compared = movrec({"compare", train("last"), train("mean")});
  EXPECT_EQ(compared.code, 4);
  EXPECT_THAT(compared.err, HasSubstr("these runs count other ratings of one file"));
}

TEST_F(PreparedRatings, OfMergedTitlesAnswerToAllTheirIds) {
  std::string movies = "movieId,title,genres\n",
              ratings = "userId,movieId,rating,timestamp\n" + rows(1, 30, 1, 20);
  for (int item = 1; item <= 20; ++item) movies += fmt::format("{},Film {} (1990),Drama\n", item, item);
  movies += "203,Film 3 (1990),Drama\n";
  for (int user = 31; user <= 36; ++user)
    ratings += fmt::format("{},203,4,1000000000\n{},5,3,1000000001\n", user, user);
  write("set/movies.csv", movies);
  write("set/ratings.csv", ratings);
  const std::string set = (folder_ / "set").string();
  const CliResult trained = movrec({"train", "--model", "ease", "--data", set, "--merge-titles"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("1 of 21 ids are other ids of a title, so there are 20 items"));
  EXPECT_EQ(answer({"similar", "203", "--min-ratings", "0"}), answer({"similar", "3", "--min-ratings", "0"}));
  const json merged = answer({"recommend", "--rate", "203=5", "--top", "50", "--min-ratings", "0"});
  EXPECT_EQ(merged.at("users").at(0).at("items").size(), 19U);

  // Not merged, the film still is one to whoever reads a list.
  answer({"train", "--model", "ease", "--data", set});
  const json apart = answer({"recommend", "--rate", "203=5", "--top", "50", "--min-ratings", "0"});
  for (const json& item : apart.at("users").at(0).at("items")) EXPECT_NE(item.at("title"), "Film 3 (1990)");
  const json like = answer({"similar", "203", "--min-ratings", "0"});
  for (const json& item : like.at("items")) EXPECT_NE(item.at("title"), "Film 3 (1990)");
}

TEST_F(PreparedRatings, AreFilteredAndSplitByDate) {
  const std::string file = write("r.csv", rows(1, 20, 1, 30));
  const CliResult trained =
      movrec({"train", "--model", "bias", "--data", file, "--until", "2001-10-06", "--min-user-ratings", "5",
              "--split", "date", "--test-from", "2001-10-01", "--json"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("--until 2001-10-06: "));
  EXPECT_THAT(trained.err, HasSubstr("--min-user-ratings 5: "));
  // Item i is rated at 01:46:40 of day i after 2001-09-09: items 22 to 26 are test, and the others before.
  EXPECT_EQ(json::parse(trained.out).at("test").at("rows"), 66);
  EXPECT_EQ(answer({"evaluate"}).at("test").at("rmse"), json::parse(trained.out).at("test").at("rmse"));
  const CliResult nothing = movrec({"train", "--data", file, "--from", "2030-01-01"});
  EXPECT_EQ(nothing.code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("--from 2030-01-01: none of the 400 ratings of r.csv is left"));
  EXPECT_THAT(nothing.err, HasSubstr("they are of 2001-09-10 to 2001-10-09"));
}

TEST_F(PreparedRatings, TiesAtTheCutsOfASplitAreSaid) {
  std::string text;
  for (int user = 1; user <= 10; ++user)
    for (int item = 1; item <= 6; ++item)
      text += fmt::format("{},{},{},1000000000\n", user, item, 1 + item % 5);
  const std::string file = write("r.csv", text);
  const CliResult trained = movrec({"train", "--model", "bias", "--data", file, "--split", "leave-last"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.err,
              HasSubstr("leave-last: at 20 of 20 cuts between a user's ratings those on both sides "
                        "have one time: the file's order decides (--tie-seed)"));
  const CliResult listed = movrec({"recommend", "--user", "1", "--min-ratings", "0"});
  EXPECT_THAT(listed.err, Not(HasSubstr("cuts between")));
}

TEST(OldCheckpoints, KeepEachRowOfTheirFile) {
  const Checkpoint old = load_checkpoint(fs::path(MOVREC_SOURCE_DIR) / "tests/golden/bias.pt");
  EXPECT_EQ(old.data.prepare.duplicates, "keep");
  EXPECT_TRUE(old.data.prepare.allow_overlap);
  EXPECT_EQ(old.split.leave, 1);
  EXPECT_EQ(old.split.tie_seed, 0U);
}

}  // namespace
