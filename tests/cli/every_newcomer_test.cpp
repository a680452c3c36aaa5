#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "movrec/train/common/options.hpp"
#include "support/options.hpp"
#include "support/titled_run.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;

namespace {

/// As little training as tells tastes apart.
void train_briefly(ModelOptions& options) {
  if (auto* of = options.find<EpochOptions>()) of->epochs = std::min(of->epochs, 10);
  set_known(options, {{"sweeps", "24"}, {"burn-in", "8"}});
}

std::vector<std::string> models_of_histories() {
  std::vector<std::string> names;
  for (const Algorithm& row : algorithms())
    if (row.fit != nullptr && row.supports.history) names.emplace_back(row.name);
  return names;
}

/// Every model that answers histories, as newcomers and old users meet it on the command line.
class EveryNewcomer : public testing::TestWithParam<std::string> {
 protected:
  json list(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "recommend");
    arguments.insert(arguments.end(), {"--min-ratings", "0", "--json"});
    const CliResult result = titled_.cli(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    return result.code == 0 ? json::parse(result.out)["users"] : json::array();
  }
  std::map<int, json> lists_of_all(const std::string& checkpoint) const {
    std::map<int, json> out;
    for (const json& user : list({"--users", "all", "--checkpoint", checkpoint}))
      out[user["user"].get<int>()] = user["items"];
    return out;
  }

  const TitledRun titled_{GetParam(), train_briefly};
};

TEST_P(EveryNewcomer, GetsAListOfHisOwnWithoutWhatHeNamed) {
  const int toy_story = std::stoi(titled_.id(TitledRun::kToyStory));
  const json one = list({"--like", "Toy Story", "--dislike", "Star Wars"})[0]["items"],
             other = list(
                 {"--like", "Star Wars", "--like", "Sabrina (1954)", "--dislike", "Toy Story"})[0]["items"];
  ASSERT_EQ(one.size(), 10U);
  for (const json& item : one) {
    EXPECT_NE(item["item"], toy_story);
    EXPECT_NE(item["item"], std::stoi(titled_.id(TitledRun::kStarWars)));
    EXPECT_NE(item["title"], "unknown");
  }
  EXPECT_NE(one, other);
}

TEST_P(EveryNewcomer, IsToldWhichOfHisRatingsCounted) {
  const std::vector<std::string> said{"--like", "Toy Story", "--like", "Star Wars", "--rate", "The Matrix=1"};
  auto explained = said;
  explained.emplace_back("--explain");
  const json plain = list(said)[0]["items"], items = list(explained)[0]["items"];
  ASSERT_EQ(items.size(), plain.size());
  std::size_t n_reasons = 0;
  for (std::size_t k = 0; k < items.size(); ++k) {
    EXPECT_EQ(items[k]["item"], plain[k]["item"]);
    float before = std::numeric_limits<float>::infinity();
    for (const json& reason : items[k]["because_of"]) {
      EXPECT_THAT((std::vector<std::string>{"Toy Story (1995)", "Star Wars (1977)", "Matrix, The (1999)"}),
                  testing::Contains(reason["title"].get<std::string>()));
      const auto gain = reason["gain"].get<float>();
      EXPECT_GT(gain, 0);
      EXPECT_LE(gain, before);
      before = gain;
      ++n_reasons;
    }
  }
  EXPECT_GT(n_reasons, 0U);
}

TEST_P(EveryNewcomer, EntersATrainedModelByAnUpdate) {
  constexpr int kNew = 900001;
  const std::string folder = titled_.run.runs() + "/run/";
  const auto before = lists_of_all(folder + "best.pt");
  const int old = before.begin()->first;
  std::string history = fmt::format("{},Toy Story,5\n{},Star Wars,2\n", kNew, kNew);
  for (std::size_t k = 0; k < 4; ++k)  // what an old user was offered first, he turns out to hate
    history += fmt::format("{},{},1\n", old, before.begin()->second[k]["item"].get<int>());
  const CliResult result = titled_.cli({"update", "--history", titled_.file("new.csv", history)});
  ASSERT_EQ(result.code, 0) << result.err;
  auto after = lists_of_all(folder + "updated.pt");
  EXPECT_EQ(after.size(), before.size() + 1);
  EXPECT_EQ(after[kNew].size(), 10U);
  after.erase(kNew);
  for (const auto& [user, items] : before) EXPECT_EQ(after[user] == items, user != old) << user;
}

INSTANTIATE_TEST_SUITE_P(Table,
                         EveryNewcomer,
                         testing::ValuesIn(models_of_histories()),
                         [](const auto& model) {
                           std::string name = model.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
