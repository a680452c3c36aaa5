#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "movrec/app/described_person.hpp"
#include "movrec/core/files.hpp"
#include "movrec/recommend/recommender.hpp"
#include "support/titled_run.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

namespace {

std::vector<int> item_ids(const CliResult& result) {
  EXPECT_EQ(result.code, 0) << result.err;
  std::vector<int> ids;
  if (result.code != 0) return ids;
  const json document = json::parse(result.out);
  for (const json& item : document["users"][0]["items"]) ids.push_back(item["item"]);
  return ids;
}

/// The ids of the best items for a history, from the scores of all.
std::vector<int> brute_force(const FittedRun& run, Person person, std::size_t top) {
  std::vector<float> scores(static_cast<std::size_t>(run.dataset.items.size()));
  const UserQuery query = person.query();
  run.model->score(std::span(&query, 1), scores);
  const std::vector<ItemIdx> candidates =
      find_candidates(run.dataset, run.train, {}, default_min_ratings(run.train));
  std::vector<float> of_candidates;
  for (const ItemIdx item : candidates) of_candidates.push_back(scores[index(item)]);
  std::vector<int> ids;
  for (const ScoredItem& one : best_of(of_candidates, candidates, person.items(), top))
    ids.push_back(std::stoi(run.dataset.items.id(one.item).text));
  return ids;
}

TEST(Newcomer, GetsTheBestOfAHistoryWithoutWhatIsInIt) {
  const TitledRun titled("ease");
  const CliResult result =
      titled.cli({"recommend", "--like", "toy story", "--like", titled.id(TitledRun::kStarWars), "--rate",
                  "The Matrix=4.5", "--json"});
  Person person;
  person.rate(TitledRun::kToyStory, 5);
  person.rate(TitledRun::kStarWars, 5);
  person.rate(TitledRun::kMatrix, 4.5F);
  EXPECT_EQ(item_ids(result), brute_force(titled.run, person, 10));
  EXPECT_THAT(result.err, HasSubstr("--like toy story: Toy Story (1995)\n"));
  EXPECT_THAT(result.err, HasSubstr("--rate The Matrix: Matrix, The (1999)\n"));
  const json user = json::parse(result.out)["users"][0];
  EXPECT_EQ(user["user"], nullptr);
  EXPECT_THAT(titled.cli({"recommend", "--like", "toy story"}).out, testing::StartsWith("for you\n"));
}

TEST(Newcomer, NeverGetsWhatNobodyCanWatch) {
  const TitledRun titled("bias");
  for (const char* who : {"--like=toy story", "--user=1"})
    EXPECT_THAT(item_ids(titled.cli({"recommend", who, "--top", "1000", "--min-ratings", "0", "--json"})),
                Not(Contains(std::stoi(titled.id(TitledRun::kUnknown)))));
}

TEST(Newcomer, OtherTastesGetOtherLists) {
  const TitledRun titled("ease");
  const auto list = [&](const char* like) {
    return item_ids(titled.cli({"recommend", "--like", like, "--json"}));
  };
  EXPECT_NE(list("Toy Story"), list("Star Wars"));
}

TEST(Newcomer, DislikesAreLeftOutAndLowerStarsWhereStarsCount) {
  const TitledRun ranker("ease");
  const CliResult ranked =
      ranker.cli({"recommend", "--like", "Toy Story", "--dislike", "Star Wars", "--top", "100", "--json"});
  Person liker;
  liker.rate(TitledRun::kToyStory, 5);
  std::vector<int> expected = brute_force(ranker.run, liker, 100);
  std::erase(expected, std::stoi(ranker.id(TitledRun::kStarWars)));
  EXPECT_EQ(item_ids(ranked), expected);
  EXPECT_THAT(ranked.err, HasSubstr("ease learns from who rated what, not how"));

  const TitledRun stars("knn");
  liker.rate(TitledRun::kStarWars, 1);
  EXPECT_EQ(item_ids(stars.cli(
                {"recommend", "--like", "Toy Story", "--dislike", "Star Wars", "--top", "100", "--json"})),
            brute_force(stars.run, liker, 100));
}

TEST(Newcomer, MayBeAUserWhoSaysMore) {
  const TitledRun titled("ease");
  const UserIdx user{0};
  const std::string id = titled.run.dataset.users.id(user).text;
  Person person = with_histories(std::span(&user, 1), titled.run.train, {})[0];
  ASSERT_TRUE(person.has_history());
  const auto liked =
      static_cast<std::size_t>(std::ranges::find(person.stars(), 4.F) - person.stars().begin());
  ASSERT_LT(liked, person.items().size());
  const std::string same =
      fmt::format("{}=4", std::stoi(titled.run.dataset.items.id(person.items()[liked]).text));
  const auto plain = item_ids(titled.cli({"recommend", "--user", id, "--json"}));
  EXPECT_EQ(item_ids(titled.cli({"recommend", "--user", id, "--rate", same, "--json"})), plain);

  std::string history = "item,stars\n";
  for (std::int32_t i = 20; i < 26; ++i)
    history += fmt::format("{},5\n", std::stoi(titled.run.dataset.items.id(ItemIdx{i}).text));
  const auto more = item_ids(
      titled.cli({"recommend", "--user", id, "--history", titled.file("mine.csv", history), "--json"}));
  EXPECT_NE(more, plain);
  for (std::int32_t i = 20; i < 26; ++i)
    EXPECT_THAT(more, Not(Contains(std::stoi(titled.run.dataset.items.id(ItemIdx{i}).text))));
  EXPECT_THAT(titled.cli({"recommend", "--users", "1,2", "--like", "Toy Story"}).err,
              HasSubstr("whose are these ratings"));
}

TEST(Newcomer, AHistoryFileSaysTheSameAsFlags) {
  const TitledRun titled("knn");
  const std::string file =
      titled.file("mine.csv", "\"Matrix, The (1999)\",2\n" + titled.id(TitledRun::kToyStory) + ",4\n");
  EXPECT_EQ(item_ids(titled.cli({"recommend", "--history", file, "--json"})),
            item_ids(titled.cli({"recommend", "--rate", "Matrix=2", "--rate", "Toy Story=4", "--json"})));
}

TEST(Newcomer, TitlesThatAreNoneOrManyAreErrorsThatHelp) {
  const TitledRun titled("ease");
  const CliResult many = titled.cli({"recommend", "--like", "sabrina"});
  EXPECT_EQ(many.code, 2);
  EXPECT_EQ(many.out, "");
  EXPECT_THAT(many.err, HasSubstr("--like sabrina: 2 items may be meant"));
  EXPECT_THAT(many.err, HasSubstr("Sabrina (1954)"));
  EXPECT_THAT(many.err, HasSubstr("ratings"));
  EXPECT_THAT(many.err, testing::ContainsRegex("try: --like [0-9]+\n"));
  EXPECT_EQ(titled.cli({"recommend", "--like", "sabrina (1954)"}).code, 0);

  const CliResult none = titled.cli({"recommend", "--dislike", "Toy Storytelling"});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("--dislike Toy Storytelling: no item is called that"));
  EXPECT_THAT(none.err, HasSubstr("try: --dislike \"Toy Story (1995)\""));
  EXPECT_THAT(titled.cli({"recommend", "--like", "Toy Storry"}).err, HasSubstr("Toy Story (1995)"));
}

TEST(Newcomer, BadRatingsAreNamed) {
  const TitledRun titled("ease");
  for (const char* rate : {"Toy Story=6", "Toy Story=0", "Toy Story=nan", "Toy Story=", "Toy Story=four"}) {
    const CliResult result = titled.cli({"recommend", "--rate", rate});
    EXPECT_EQ(result.code, 2) << rate;
    EXPECT_THAT(result.err, HasSubstr(fmt::format("--rate {}: expected stars from 1 to 5", rate)));
  }
  EXPECT_THAT(titled.cli({"recommend", "--rate", "Toy Story"}).err, HasSubstr("expected TITLE=STARS"));
  const CliResult line =
      titled.cli({"recommend", "--history", titled.file("bad.csv", "Toy Story,5\nStar Wars,NaN\n")});
  EXPECT_EQ(line.code, 3);
  EXPECT_THAT(line.err, HasSubstr("bad.csv:2: expected stars from 1 to 5, found 'Star Wars,NaN'"));
  const CliResult title =
      titled.cli({"recommend", "--history", titled.file("bad.csv", "Toy Story,5\nzzzz,4\n")});
  EXPECT_EQ(title.code, 3);
  EXPECT_THAT(title.err, HasSubstr("bad.csv:2 zzzz: no item is called that"));
  EXPECT_EQ(titled.cli({"recommend", "--history", (titled.folder / "absent.csv").string()}).code, 3);
}

TEST(Newcomer, AModelThatCannotUseItSaysWhichCan) {
  const TitledRun titled("popularity");
  for (const std::vector<std::string>& flags : {std::vector<std::string>{"--like", "Toy Story"},
                                                {"--user", "1", "--rate", "Toy Story=4"},
                                                {"--user", "1", "--explain"}}) {
    std::vector<std::string> arguments{"recommend"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const CliResult result = titled.cli(arguments);
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.err, HasSubstr("popularity cannot use that\n  why: it knows users by their training"));
    EXPECT_THAT(result.err, testing::ContainsRegex("try: movrec train --model bias.*ease"));
  }
  const CliResult facts = TitledRun("bias").cli({"recommend", "--age", "21"});
  EXPECT_EQ(facts.code, 2);
  EXPECT_THAT(facts.err, HasSubstr("--age: bias cannot use that\n  why: it knows users by their ratings"));
}

TEST(Newcomer, FactsAreThoseOfTheDataSet) {
  const TitledRun titled("bias");
  const CliResult unknown = titled.cli({"recommend", "--occupation", "wizard"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("unknown occupation 'wizard' (known: other, academic/educator"));
  EXPECT_THAT(titled.cli({"recommend", "--occupation", "student"}).err,
              HasSubstr("unknown occupation 'student'"));  // there are two
  EXPECT_EQ(titled.cli({"recommend", "--gender", "x"}).code, 2);
  EXPECT_EQ(titled.cli({"recommend", "--age", "200"}).code, 2);

  const OpenedRun run =
      open_run({.checkpoint = (titled.run.dir / "runs/run").string(), .data = {}, .cache = {}}, {});
  EXPECT_EQ(find_occupation(run, "College/Grad Student"), 4);
  EXPECT_EQ(find_occupation(run, "doctor"), 6);
  EXPECT_EQ(find_occupation(run, "20"), 20);
  EXPECT_EQ(gender_of("Female"), 'F');
  EXPECT_EQ(gender_of("1"), 'M');
  const auto& ages = run.dataset.user_features.ages;
  const std::set<std::int16_t> known(ages.begin(), ages.end());
  EXPECT_EQ(known_age(run, *known.rbegin() + 10), *known.rbegin());
  EXPECT_EQ(known_age(run, *known.begin()), *known.begin());
}

TEST(Newcomer, RowsOfTheTableSayWhatTheirModelsSupport) {
  for (const char* name : {"popularity", "bias", "knn", "ease", "item-knn"}) {
    const QuerySupport row = find_algorithm(name).supports, model = FittedRun(name).model->supports();
    EXPECT_EQ(row.history, model.history) << name;
    EXPECT_EQ(row.demographics, model.demographics) << name;
  }
}

/// Leaves each rating out, one model call each.
std::vector<std::pair<int, float>> brute_reasons(const FittedRun& run, const Person& person, ItemIdx item) {
  const auto score = [&](const Person& of) {
    std::vector<float> scores(static_cast<std::size_t>(run.dataset.items.size()));
    const UserQuery query = of.query();
    run.model->score(std::span(&query, 1), scores);
    return scores[index(item)];
  };
  std::vector<std::pair<float, int>> gains;
  for (const ItemIdx rated : person.items()) {
    Person without = person;
    without.forget(rated);
    if (const float gain = score(person) - score(without); gain > 0)
      gains.emplace_back(-gain, std::stoi(run.dataset.items.id(rated).text));
  }
  std::ranges::sort(gains);
  std::vector<std::pair<int, float>> out;
  for (std::size_t k = 0; k < std::min<std::size_t>(3, gains.size()); ++k)
    out.emplace_back(gains[k].second, -gains[k].first);
  return out;
}

TEST(Explanations, AreTheRatingsThatCountForUsersAndNewcomersInEveryFormat) {
  const TitledRun titled("ease");
  const UserIdx user{0};
  const std::string id = titled.run.dataset.users.id(user).text;
  const json known = json::parse(
      titled.cli({"recommend", "--user", id, "--explain", "--top", "4", "--json"}).out)["users"][0]["items"];
  const Person person = with_histories(std::span(&user, 1), titled.run.train, {})[0];
  ASSERT_EQ(known.size(), 4U);
  for (const json& item : known) {
    const ItemIdx idx = *titled.run.dataset.items.find(ItemId{item["item"].get<int>()});
    const auto expected = brute_reasons(titled.run, person, idx);
    ASSERT_EQ(item["because_of"].size(), expected.size());
    for (std::size_t k = 0; k < expected.size(); ++k) {
      EXPECT_EQ(item["because_of"][k]["item"], expected[k].first);
      EXPECT_FLOAT_EQ(item["because_of"][k]["gain"].get<float>(), expected[k].second);
    }
  }
  const std::vector<std::string> like{"recommend", "--like", "Toy Story", "--like", "Star Wars", "--explain"};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = like;
    arguments.insert(arguments.end(), more.begin(), more.end());
    return titled.cli(arguments).out;
  };
  EXPECT_THAT(with({}), HasSubstr("because of\n"));
  EXPECT_THAT(with({"--format", "csv"}), HasSubstr("score,stars,because_of\n"));
  EXPECT_THAT(with({}), HasSubstr("Toy Story (1995)"));
}

}  // namespace
