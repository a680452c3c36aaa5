#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "movrec/core/files.hpp"
#include "movrec/recommend/person.hpp"
#include "support/titled_run.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;
using testing::HasSubstr;

namespace {

/// Users' lists by id.
std::map<int, json> lists(const TitledRun& titled, const std::string& checkpoint) {
  const CliResult result = titled.cli({"recommend", "--checkpoint", checkpoint, "--users", "all", "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  std::map<int, json> out;
  const json document = json::parse(result.out);
  for (const json& user : document["users"]) out[user["user"].get<int>()] = user["items"];
  return out;
}

class Update : public testing::Test {
 protected:
  explicit Update(const std::string& model = "ease") : titled(model) {
    const UserIdx user{1};
    id = std::stoi(titled.run.dataset.users.id(user).text);
    rated =
        with_histories(std::span(&user, 1), titled.run.dataset.ratings, titled.run.dataset.user_features)[0];
  }
  CliResult update(const std::string& history, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"update", "--history", titled.file("new.csv", history)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return titled.cli(arguments);
  }
  std::string best() const { return (titled.run.dir / "runs/run/best.pt").string(); }
  std::string updated() const { return (titled.run.dir / "runs/run/updated.pt").string(); }
  /// Ratings of items that the user has not rated.
  std::string new_ratings(int user, int n) const {
    std::string text;
    for (std::int32_t i = 0; n > 0; ++i) {
      if (std::ranges::binary_search(rated.items(), ItemIdx{i}) || ItemIdx{i} == TitledRun::kUnknown)
        continue;
      text += fmt::format("{},{},5\n", user, std::stoi(titled.run.dataset.items.id(ItemIdx{i}).text));
      --n;
    }
    return text;
  }

  TitledRun titled;
  int id = 0;
  Person rated;
};

TEST_F(Update, ChangesTheListsOfTheseUsersAlone) {
  constexpr int kNew = 900001;
  const std::string content = read_file(best());
  const auto before = lists(titled, best());
  const CliResult result = update(new_ratings(id, 4) + fmt::format("{},Toy Story,4\n", kNew));
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("updated.pt: 5 ratings of 2 users added, 1 of them new"));
  EXPECT_EQ(read_file(best()), content);

  auto after = lists(titled, updated());
  EXPECT_EQ(after.size(), before.size() + 1);
  EXPECT_EQ(after.at(kNew).size(), 10U);
  for (const json& item : after.at(kNew)) EXPECT_NE(item["title"], "Toy Story (1995)");
  EXPECT_NE(after.at(id), before.at(id));
  std::istringstream lines(new_ratings(id, 4));
  for (std::string line; std::getline(lines, line);) {
    const int item = std::stoi(line.substr(line.find(',') + 1));
    for (const json& one : after.at(id)) EXPECT_NE(one["item"], item);
  }
  after.erase(kNew);
  for (const auto& [user, list] : before) {
    if (user == id) continue;
    EXPECT_EQ(after.at(user), list) << user;
  }
}

TEST_F(Update, EqualsARecommendationToAUserWhoSaysMore) {
  ASSERT_EQ(update(fmt::format("{},Star Wars,5\n{},Toy Story,4\n", id, id)).code, 0);
  const std::vector<std::string> common{"recommend", "--user", fmt::to_string(id), "--json"};
  auto said = common, added = common;
  said.insert(said.end(), {"--checkpoint", best(), "--rate", "Star Wars=5", "--rate", "Toy Story=4"});
  added.insert(added.end(), {"--checkpoint", updated()});
  EXPECT_EQ(titled.cli(added).out, titled.cli(said).out);
}

TEST_F(Update, UpdatesAddUpAndTheLaterRatingCounts) {
  ASSERT_EQ(update("900001,Toy Story,1\n").code, 0);
  const CliResult second = update("900001,Star Wars,5\n900001,Toy Story,4\n");
  EXPECT_THAT(second.out, HasSubstr("3 of 1 in all"));
  const Checkpoint checkpoint = load_checkpoint(updated());
  EXPECT_THAT(checkpoint.added.stars, testing::ElementsAre(1, 5, 4));
  const CliResult once = update("900002,Toy Story,4\n900002,Star Wars,5\n", {"--checkpoint", updated()});
  EXPECT_THAT(once.out, HasSubstr("5 of 2 in all"));
  const auto after = lists(titled, updated());
  EXPECT_EQ(after.at(900001), after.at(900002));
}

TEST_F(Update, IsNotLookedAtByEvaluate) {
  ASSERT_EQ(update(new_ratings(id, 4)).code, 0);
  const auto evaluate = [&](const std::string& checkpoint) {
    return titled.cli({"evaluate", "--checkpoint", checkpoint, "--json"});
  };
  const CliResult of_updated = evaluate(updated());
  ASSERT_EQ(of_updated.code, 0) << of_updated.err;
  EXPECT_THAT(of_updated.err, HasSubstr("the 4 ratings that were added after training are not looked at"));
  json before = json::parse(evaluate(best()).out), after = json::parse(of_updated.out);
  before.erase("checkpoint"), after.erase("checkpoint");
  EXPECT_EQ(after, before);
}

TEST_F(Update, WritesWhereItIsTold) {
  const std::string path = (titled.folder / "mine.pt").string();
  const CliResult result = update("900001,Toy Story,5\n", {"--output", path, "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const json document = json::parse(result.out);
  EXPECT_EQ(document["schema"], "movrec.update/1");
  EXPECT_EQ(document["new_users"], 1);
  EXPECT_FALSE(std::filesystem::exists(updated()));
  EXPECT_EQ(lists(titled, path).count(900001), 1U);
}

TEST_F(Update, BadRatingsAreErrorsThatWriteNothing) {
  const auto error_of = [&](const std::string& history, int code) {
    const CliResult result = update(history);
    EXPECT_EQ(result.code, code) << history;
    EXPECT_FALSE(std::filesystem::exists(updated()));
    return result.err;
  };
  EXPECT_THAT(error_of("1,Toy Story,5\n1,Star Wars,nan\n", 3), HasSubstr("new.csv:2: expected stars from 1"));
  EXPECT_THAT(error_of("1,Toy Story,5\n,Star Wars,4\n", 3), HasSubstr("new.csv:2: expected a user's id"));
  EXPECT_THAT(error_of("1,Toy Story,5\n1,Star Wars\n", 3), HasSubstr("new.csv:2: expected user,item,stars"));
  EXPECT_THAT(error_of("1,sabrina,5\n", 3), HasSubstr("new.csv:1 sabrina: 2 items may be meant"));
  EXPECT_THAT(error_of("1,zzzz,5\n", 3), HasSubstr("new.csv:1 zzzz: no item is called that"));
  EXPECT_THAT(titled.cli({"update"}).err, HasSubstr("neither --history nor --data was given"));
  const CliResult cannot =
      TitledRun("popularity").cli({"update", "--history", titled.file("new.csv", "1,Toy Story,5\n")});
  EXPECT_EQ(cannot.code, 2);
  EXPECT_THAT(cannot.err, HasSubstr("update: popularity cannot use that"));
}

}  // namespace
