#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "cli/commands/dialogue.hpp"
#include "movrec/core/files.hpp"
#include "support/titled_run.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::HasSubstr;
using testing::Not;

namespace {

TEST(Interactive, AnswersEachRatingWithAListAndItsReasons) {
  const TitledRun titled("ease");
  const CliResult result = titled.cli({"interactive", "--top", "3"}, "toy story\n5\nThe Matrix=4\nquit\n");
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("films that many have seen"));
  EXPECT_THAT(result.err, HasSubstr("Toy Story (1995): 1 to 5 stars"));
  EXPECT_THAT(result.out, HasSubstr("because of\n"));
  const CliResult direct =
      titled.cli({"recommend", "--like", "Toy Story", "--rate", "The Matrix=4", "--top", "3", "--explain"});
  const std::string list = direct.out.substr(direct.out.find('\n') + 1);  // without "for you"
  EXPECT_THAT(result.out, testing::EndsWith(list));
}

TEST(Interactive, AsksBackWhatIsMeant) {
  const TitledRun titled("ease");
  const CliResult result =
      titled.cli({"interactive"}, "sabrina\n9\n2\n4\nsave " + (titled.folder / "mine.csv").string() + "\n");
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("which one (1 to 2, Enter: none)? "));
  const auto counts = ratings_per_item(titled.run.train);
  const bool newer_first = counts[index(TitledRun::kSabrina1995)] >= counts[index(TitledRun::kSabrina1954)];
  EXPECT_EQ(read_file(titled.folder / "mine.csv"),
            newer_first ? "item,stars,title\n" + titled.id(TitledRun::kSabrina1954) + ",4,Sabrina (1954)\n"
                        : "item,stars,title\n" + titled.id(TitledRun::kSabrina1995) + ",4,Sabrina (1995)\n");
  EXPECT_EQ(titled.cli({"recommend", "--history", (titled.folder / "mine.csv").string()}).code, 0);
}

TEST(Interactive, UndoTakesBackAndWhyExplains) {
  const TitledRun titled("ease");
  const CliResult result =
      titled.cli({"interactive", "--top", "3"}, "Toy Story=5\nwhy 1\nStar Wars=5\nundo\nlist\n");
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(", because of\n  Toy Story (1995) (+"));
  EXPECT_THAT(result.err, HasSubstr("took back Star Wars (1977)"));
  const CliResult once = titled.cli({"interactive", "--top", "3"}, "Toy Story=5\n");
  EXPECT_THAT(result.out, testing::EndsWith(once.out + once.out));  // after undo, and by list
}

TEST(Interactive, NumbersMeanTheListAbove) {
  const TitledRun titled("ease");
  const CliResult result = titled.cli({"interactive", "--top", "3"}, "1\n5\n");
  ASSERT_EQ(result.code, 0) << result.err;
  const std::string shown = result.err.substr(result.err.find("films that many have seen"));
  const std::size_t begin = shown.find("1  ") + 3;
  const std::string first = shown.substr(begin, shown.find('\n', begin) - begin);
  EXPECT_THAT(result.err, HasSubstr(first + ": 1 to 5 stars"));
}

TEST(Interactive, WhatIsWrongIsSaidAndTheDialogueGoesOn) {
  const TitledRun titled("ease");
  const CliResult result = titled.cli({"interactive"},
                                      "undo\nwhy 99\nToy Story=7\nToy Story=nan\nqqqq\nsave /no/such/file\n"
                                      "help\nToy Story\nsix\n\nToy Story=5\n");
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("there is nothing to take back"));
  EXPECT_THAT(result.err, HasSubstr("why 99: the list has"));
  EXPECT_THAT(result.err, HasSubstr("Toy Story=7: expected stars from 1 to 5"));
  EXPECT_THAT(result.err, HasSubstr("Toy Story=nan: expected stars from 1 to 5"));
  EXPECT_THAT(result.err, HasSubstr("no film is called 'qqqq'"));
  EXPECT_THAT(result.err, HasSubstr("/no/such/file"));
  EXPECT_THAT(result.err, HasSubstr("take back the last rating"));
  EXPECT_THAT(result.out, HasSubstr("because of"));
}

TEST(Interactive, ModelsThatCannotListenSaySo) {
  const CliResult result = TitledRun("popularity").cli({"interactive"}, "");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("interactive: popularity cannot use that"));
  EXPECT_EQ(TitledRun("bias").cli({"interactive", "--json"}).code, 2);
}

/// Scores by age alone.
class AgeModel final : public Model {
 public:
  explicit AgeModel(std::size_t n_items) : n_items_(n_items) {}
  std::int32_t n_items() const override { return static_cast<std::int32_t>(n_items_); }
  void predict(std::span<const UserIdx>, std::span<const ItemIdx>, std::span<float> stars) const override {
    std::ranges::fill(stars, 3.F);
  }
  void do_score(std::span<const UserQuery> users, std::span<float> scores) const override {
    last = users[0].demographics;
    for (std::size_t k = 0; k < scores.size(); ++k) scores[k] = static_cast<float>(k % n_items_);
  }
  QuerySupport supports() const override { return {.demographics = true}; }
  std::int64_t n_parameters() const override { return 0; }
  StateDict state() const override { return {}; }
  mutable std::optional<Demographics> last;

 private:
  std::size_t n_items_;
};

TEST(Interactive, AsksForFactsWhereTheModelUsesThem) {
  const TitledRun titled("bias");
  OpenedRun run =
      open_run({.checkpoint = (titled.run.dir / "runs/run").string(), .data = {}, .cache = {}}, {});
  auto model = std::make_unique<AgeModel>(static_cast<std::size_t>(run.dataset.items.size()));
  const AgeModel& asked = *model;
  run.model = std::move(model);
  const auto talk = [&](const std::string& input) {
    std::istringstream in(input);
    std::ostringstream out, err;
    cli::Dialogue(run, {}, in, out, err).run();
    return out.str() + err.str();
  };
  const std::string answers = talk("old\n1000\n30\nfemale\nwizard\nlawyer\n");
  EXPECT_THAT(answers, HasSubstr("an age from 1 to 150"));
  EXPECT_THAT(answers, HasSubstr("unknown occupation 'wizard'"));
  ASSERT_TRUE(asked.last.has_value());
  EXPECT_EQ(asked.last->gender, 'F');
  EXPECT_EQ(asked.last->occupation, 11);
  EXPECT_GT(asked.last->age, 0);
  EXPECT_THAT(talk("\n\n\n"), Not(HasSubstr("rank")));  // all skipped: nothing is known yet
  EXPECT_FALSE(asked.last.has_value());
}

}  // namespace
