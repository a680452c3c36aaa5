#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "movrec/core/files.hpp"
#include "movrec/recommend/recommender.hpp"
#include "support/cli_run.hpp"
#include "support/fitted_run.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

CliResult recommend(const FittedRun& run, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"recommend", "--runs-dir", run.runs()});
  return run_cli(arguments);
}

/// Item ids of a user's best, from the predictions of every single pair.
std::vector<int> brute_force(const FittedRun& run, UserIdx user, std::size_t top, int min_ratings) {
  const auto counts = ratings_per_item(run.train);
  std::vector<std::pair<float, int>> best;
  for (std::int32_t i = 0; i < run.dataset.items.size(); ++i) {
    const ItemIdx item{i};
    bool seen = false;
    for (std::size_t row = 0; row < run.dataset.ratings.size(); ++row)
      seen = seen || (run.dataset.ratings.users[row] == user && run.dataset.ratings.items[row] == item);
    if (seen || counts[index(item)] < min_ratings) continue;
    float stars = 0;
    run.model->predict(std::span(&user, 1), std::span(&item, 1), std::span(&stars, 1));
    best.emplace_back(-stars, std::stoi(run.dataset.items.id(item).text));
  }
  std::sort(best.begin(), best.end());
  std::vector<int> ids;
  for (std::size_t k = 0; k < std::min(top, best.size()); ++k) ids.push_back(best[k].second);
  return ids;
}

std::vector<int> item_ids(const json& user) {
  std::vector<int> ids;
  for (const json& item : user["items"]) ids.push_back(item["item"].get<int>());
  return ids;
}

TEST(Recommend, EveryListEqualsBruteForceOverAllPairs) {
  const FittedRun run("bias");
  const CliResult result = recommend(run, {"--users", "all", "--top", "5", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const json document = json::parse(result.out);
  EXPECT_EQ(document["schema"], "movrec.recommend/1");
  ASSERT_EQ(std::ssize(document["users"]), run.dataset.users.size());
  const int min_ratings = default_min_ratings(run.train);
  EXPECT_GT(min_ratings, 2);
  for (std::int32_t u = 0; u < run.dataset.users.size(); ++u) {
    const json& user = document["users"][static_cast<std::size_t>(u)];
    EXPECT_EQ(user["user"], std::stoi(run.dataset.users.id(UserIdx{u}).text));
    EXPECT_EQ(item_ids(user), brute_force(run, UserIdx{u}, 5, min_ratings));
  }
}

TEST(Recommend, AnItemTellsItsTitleGenresAndStars) {
  const FittedRun run("bias");
  const json item =
      json::parse(recommend(run, {"--user", "1", "--top", "1", "--json"}).out)["users"][0]["items"][0];
  const ItemIdx idx = *run.dataset.items.find(ItemId{item["item"].get<int>()});
  EXPECT_EQ(item["rank"], 1);
  EXPECT_EQ(item["title"], run.dataset.catalog.title(idx));
  EXPECT_EQ(item["genres"], json(run.dataset.catalog.genres(idx)));
  std::vector<float> stars(1);
  run.model->predict(std::vector{UserIdx{0}}, std::vector{idx}, stars);
  EXPECT_EQ(item["score"].get<float>(), stars[0]);
  EXPECT_EQ(item["stars"].get<float>(), run.dataset.stars.clip(stars[0]));
  const CliResult table = recommend(run, {"--user", "1", "--top", "1"});
  EXPECT_THAT(table.out, StartsWith("user 1\n  rank  title"));
  EXPECT_THAT(table.out, HasSubstr(run.dataset.catalog.title(idx)));
  EXPECT_THAT(table.out, HasSubstr(fmt::format("{:.2f}\n", stars[0])));
}

TEST(Recommend, FormatsHoldTheSameLists) {
  const FittedRun run("popularity");
  const auto path = run.dir / "lists.jsonl";
  ASSERT_EQ(recommend(run, {"--users", "3,1", "--top", "2", "--output", path.string()}).code, 0);
  std::istringstream lines(read_file(path));
  const json document = json::parse(recommend(run, {"--users", "3,1", "--top", "2", "--json"}).out);
  std::string csv;
  for (const json& user : document["users"]) {
    std::string line;
    std::getline(lines, line);
    EXPECT_EQ(json::parse(line), user);
    for (const json& item : user["items"])
      csv +=
          fmt::format("{},{},{},", user["user"].get<int>(), item["rank"].get<int>(), item["item"].get<int>());
  }
  const CliResult result = recommend(run, {"--users", "3,1", "--top", "2", "--format", "csv"});
  std::istringstream rows(result.out);
  std::string row, starts;
  std::getline(rows, row);
  EXPECT_EQ(row, "user,rank,item,title,genres,score,stars");
  while (std::getline(rows, row))
    starts += row.substr(0, row.find(',', row.find(',', row.find(',') + 1) + 1) + 1);
  EXPECT_EQ(starts, csv);
}

TEST(Recommend, UsersComeFromFlagsAndFilesInTheirOrder) {
  const FittedRun run("bias");
  write_file_atomically(run.dir / "users.txt", "# favourites\n7\r\n\n 5 # friend\n");
  const CliResult result =
      recommend(run, {"--user", "9", "--user", "2,1", "--users", (run.dir / "users.txt").string(), "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const json document = json::parse(result.out);
  std::vector<int> users;
  for (const json& user : document["users"]) users.push_back(user["user"].get<int>());
  EXPECT_THAT(users, ElementsAre(9, 2, 1, 7, 5));
}

TEST(Recommend, AnUnknownUserIsAClearErrorThatWritesNothing) {
  const FittedRun run("bias");
  const int last = std::stoi(run.dataset.users.ids().back().text);
  const CliResult result = recommend(run, {"--users", fmt::format("1,{}", last + 1)});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err,
              HasSubstr(fmt::format("user {} is not in synthetic (ids 1 to {})", last + 1, last)));
  EXPECT_EQ(recommend(run, {"--user", fmt::to_string(last)}).code, 0);

  write_file_atomically(run.dir / "users.txt", "1\ntwo\n");
  const CliResult bad_line = recommend(run, {"--users", (run.dir / "users.txt").string()});
  EXPECT_EQ(bad_line.code, 2);
  EXPECT_THAT(bad_line.err, HasSubstr("users.txt:2: user two is not in synthetic (ids 1 to 60)"));
  write_file_atomically(run.dir / "users.txt", "# nobody\n");
  EXPECT_THAT(recommend(run, {"--users", (run.dir / "users.txt").string()}).err, HasSubstr("names no users"));
  EXPECT_EQ(recommend(run, {"--users", (run.dir / "absent.txt").string()}).code, 3);
  EXPECT_THAT(recommend(run, {}).err, HasSubstr("try: movrec recommend --user 1"));
}

TEST(Recommend, ContradictionsAreUsageErrors) {
  const FittedRun run("bias");
  EXPECT_EQ(recommend(run, {"--user", "1", "--json", "--format", "csv"}).code, 2);
  EXPECT_EQ(recommend(run, {"--user", "1", "--genre", "Nonsense"}).code, 2);
  EXPECT_EQ(recommend(run, {"--user", "1", "--year-from", "2000", "--year-to", "1990"}).code, 2);
  EXPECT_EQ(recommend(run, {"--user", "1", "--top", "0"}).code, 2);
  EXPECT_EQ(recommend(run, {"--user", "1", "--device", "tpu"}).code, 2);
}

TEST(Recommend, AFileThatCannotBeWrittenLeavesNothing) {
  const FittedRun run("bias");
  const CliResult result =
      recommend(run, {"--users", "all", "--output", (run.dir / "none/lists.csv").string()});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("lists.csv: No such file or directory"));
  EXPECT_FALSE(std::filesystem::exists(run.dir / "none"));
}

TEST(Recommend, NothingLeftIsAnEmptyListAndAWarning) {
  const FittedRun run("bias");
  const CliResult result = recommend(run, {"--user", "1", "--min-ratings", "100000", "--json"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(json::parse(result.out)["users"][0]["items"], json::array());
  EXPECT_THAT(result.err, HasSubstr("no item has 100,000 training ratings and passes the filters"));
}

}  // namespace
