#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "movrec/core/files.hpp"
#include "movrec/eval/ranking.hpp"
#include "movrec/eval/ranking_metrics.hpp"
#include "movrec/eval/rating_metrics.hpp"
#include "support/cli_run.hpp"
#include "support/fitted_run.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::HasSubstr;
using testing::Not;

namespace {

CliResult evaluate(const FittedRun& run, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"evaluate", "--runs-dir", run.runs()});
  return run_cli(arguments);
}

TEST(Evaluate, JsonHoldsTheFiguresOfTheTestPart) {
  const FittedRun run("bias");
  const CliResult result = evaluate(run, {"--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  const Ratings test = run.dataset.ratings.subset(run.split.test);
  const RatingReport report = evaluate_ratings(*run.model, test, run.train, run.dataset.stars);
  const RatingReferences references = evaluate_references(test, run.train, run.dataset.stars);
  EXPECT_EQ(json.at("schema"), "movrec.evaluate/1");
  EXPECT_EQ(json.at("model"), "bias");
  EXPECT_EQ(json["test"]["rows"], std::ssize(run.split.test));
  EXPECT_EQ(json["test"]["rmse"], report.all.rmse());
  EXPECT_EQ(json["test"]["rmse_unclipped"], report.all.value("rmse_unclipped"));
  EXPECT_EQ(json["test"]["mae"], report.all.mae());
  EXPECT_EQ(json["test"]["mse"], report.all.value("mse"));
  EXPECT_EQ(json["test"]["warm"]["rows"], report.warm.rows);
  EXPECT_EQ(json["test"]["warm"]["rmse"], report.warm.rmse());
  EXPECT_EQ(json["test"]["cold_user"]["rows"], report.cold_user.rows);
  EXPECT_EQ(json["test"]["cold_item"]["rows"], report.cold_item.rows);
  EXPECT_EQ(json["references"]["bias"]["rmse"], report.all.rmse());  // the same model
  EXPECT_EQ(json["references"]["constant"]["rmse"], references.constant.all.rmse());
  EXPECT_GT(references.constant.all.rmse(), report.all.rmse());
}

TEST(Evaluate, AMetricWithoutRowsIsNull) {
  const FittedRun run("bias");
  const auto json = nlohmann::json::parse(evaluate(run, {"--json", "--part", "train"}).out);
  EXPECT_EQ(json["train"]["cold_user"]["rows"], 0);
  EXPECT_TRUE(json["train"]["cold_user"]["rmse"].is_null());
}

TEST(Evaluate, TheTableIsForPeople) {
  const FittedRun run("bias");
  const CliResult result = evaluate(run, {});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("bias on synthetic, test rows"));
  const Ratings test = run.dataset.ratings.subset(run.split.test);
  const RatingReport report = evaluate_ratings(*run.model, test, run.train, run.dataset.stars);
  EXPECT_THAT(result.out,
              HasSubstr(fmt::format("all rows              {}  {:.4f}", test.size(), report.all.rmse())));
}

TEST(Evaluate, OtherPartsAreChosenAndTrainedRowsWarnedOf) {
  const FittedRun run("bias");
  const CliResult valid = evaluate(run, {"--part", "valid", "--json"});
  EXPECT_EQ(nlohmann::json::parse(valid.out)["valid"]["rows"], std::ssize(run.split.valid));
  EXPECT_THAT(valid.err, Not(HasSubstr("trained on")));
  EXPECT_THAT(evaluate(run, {"--part", "train"}).err, HasSubstr("was trained on the train rows"));
}

TEST(Evaluate, ARefittedModelKnowsItsValidationRows) {
  const FittedRun run("bias", [](Checkpoint& checkpoint) { checkpoint.refitted = true; });
  EXPECT_THAT(evaluate(run, {"--part", "valid"}).err, HasSubstr("was trained on the valid rows"));
  std::vector<RowIdx> rows = run.split.train;
  rows.insert(rows.end(), run.split.valid.begin(), run.split.valid.end());
  const RatingReferences references = evaluate_references(
      run.dataset.ratings.subset(run.split.test), run.dataset.ratings.subset(rows), run.dataset.stars);
  EXPECT_EQ(nlohmann::json::parse(evaluate(run, {"--json"}).out)["references"]["bias"]["rmse"],
            references.bias.all.rmse());
}

TEST(Evaluate, AFailedGateExitsWith5AfterTheResults) {
  const FittedRun run("bias");
  const CliResult failed = evaluate(run, {"--json", "--fail-if", "rmse>0.01", "--fail-if", "mae<0,mse>=0"});
  EXPECT_EQ(failed.code, 5);
  EXPECT_THAT(failed.err, HasSubstr("fails if rmse>0.01"));
  EXPECT_THAT(failed.err, HasSubstr("fails if mse>=0"));
  EXPECT_THAT(failed.err, Not(HasSubstr("mae")));
  EXPECT_GT(nlohmann::json::parse(failed.out)["test"]["rmse"], 0.01);
  EXPECT_EQ(evaluate(run, {"--fail-if", "rmse > 4"}).code, 0);
  const CliResult typo = evaluate(run, {"--fail-if", "rsme>4"});
  EXPECT_EQ(typo.code, 2);
  EXPECT_THAT(typo.err, HasSubstr("unknown metric 'rsme'"));
  EXPECT_EQ(typo.out, "");
}

TEST(Evaluate, ACheckpointWithOtherArraysSaysWhatToDo) {
  const FittedRun run("bias", [](Checkpoint& checkpoint) { checkpoint.model = {}; });
  const CliResult result = run_cli({"evaluate", "--runs-dir", run.runs()});
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.err, HasSubstr("best.pt: mean: the checkpoint has no array"));
  EXPECT_THAT(result.err, HasSubstr("try: train it again"));
}

TEST(Evaluate, RefusesRowsThatTheModelWasNotTrainedFor) {
  const FittedRun data("bias", [](Checkpoint& checkpoint) { checkpoint.dataset_checksum[0] ^= 1; });
  const CliResult other_data = evaluate(data, {});
  EXPECT_EQ(other_data.code, 4);
  EXPECT_THAT(other_data.err, HasSubstr("not what it was trained on"));
  const FittedRun split("bias", [](Checkpoint& checkpoint) { checkpoint.split.split_seed = 43; });
  const CliResult other_split = evaluate(split, {});
  EXPECT_EQ(other_split.code, 4);
  EXPECT_THAT(other_split.err, HasSubstr("the split is not what it was trained on"));
}

TEST(Evaluate, FindsTheCheckpointOrSaysHowToMakeOne) {
  const FittedRun run("bias");
  EXPECT_EQ(evaluate(run, {"--checkpoint", "best.pt"}).code, 0);
  EXPECT_EQ(evaluate(run, {"--checkpoint", run.runs() + "/run"}).code, 0);
  const CliResult none = run_cli({"evaluate", "--runs-dir", (run.dir / "none").string()});
  EXPECT_EQ(none.code, 4);
  EXPECT_THAT(none.err, HasSubstr("try: movrec train"));
}

TEST(Evaluate, PredictionsGiveTheHeadline) {
  const FittedRun run("bias");
  const auto path = run.dir / "predictions.csv";
  const CliResult result = evaluate(run, {"--json", "--predictions", path.string()});
  ASSERT_EQ(result.code, 0) << result.err;
  std::istringstream lines(read_file(path));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "user,item,rating,prediction");
  double squares = 0;
  std::size_t n = 0;
  for (; std::getline(lines, line); ++n) {
    int user = 0, item = 0;
    double rating = 0, prediction = 0;
    ASSERT_EQ(std::sscanf(line.c_str(), "%d,%d,%lf,%lf", &user, &item, &rating, &prediction), 4);
    EXPECT_EQ(UserId{user}, run.dataset.users.id(run.dataset.ratings.users[run.split.test[n]]));
    EXPECT_EQ(ItemId{item}, run.dataset.items.id(run.dataset.ratings.items[run.split.test[n]]));
    squares += (rating - prediction) * (rating - prediction);
  }
  EXPECT_EQ(n, run.split.test.size());
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(n)), nlohmann::json::parse(result.out)["test"]["rmse"],
              1e-6);

  const CliResult unwritable = evaluate(run, {"--predictions", (run.dir / "none/x.csv").string()});
  EXPECT_EQ(unwritable.code, 1);
  EXPECT_EQ(unwritable.out, "");
}

TEST(Evaluate, RankingStandsBesideItsReferences) {
  const FittedRun run("bias");
  const auto json = nlohmann::json::parse(evaluate(run, {"--json", "--ks", "3,10"}).out);
  const Ratings test = run.dataset.ratings.subset(run.split.test),
                valid = run.dataset.ratings.subset(run.split.valid);
  RankingOptions options;
  options.ks = {3, 10};
  const RankingTask task(test, {&run.train, &valid}, {run.dataset.catalog, run.dataset.user_features},
                         options);
  const RankingScores scores = evaluate_ranking(*run.model, task);
  const NamedScores references = evaluate_ranking_references(task);
  for (const char* name :
       {"map@3", "mrp@3", "recall@10", "ndcg@10", "hr@3", "mrr@10", "coverage@3", "overlap@10"}) {
    EXPECT_EQ(json["test"][name], scores.value(name).value()) << name;
    EXPECT_EQ(json["references"]["popularity"][name], references[0].second.value(name).value()) << name;
    EXPECT_EQ(json["references"]["random"][name], references[1].second.value(name).value()) << name;
  }
  EXPECT_EQ(json["ranking"]["cases"], task.cases().size());
  EXPECT_FALSE(json["test"].contains("map@5"));
  EXPECT_FALSE(json["ranking"].contains("sampled"));
  EXPECT_THAT(evaluate(run, {}).out, HasSubstr("popularity (reference)"));
  EXPECT_THAT(evaluate(run, {"--ks", ""}).out, Not(HasSubstr("MAP")));
}

TEST(Evaluate, RelevanceBeginsAtTheAskedStars) {
  const FittedRun run("bias");
  const auto json = nlohmann::json::parse(evaluate(run, {"--json", "--relevant-from", "4.5"}).out);
  const Ratings test = run.dataset.ratings.subset(run.split.test);
  std::set<UserIdx> all, relevant;
  for (std::size_t row = 0; row < test.size(); ++row) {
    all.insert(test.users[row]);
    if (test.stars[row] >= 4.5F) relevant.insert(test.users[row]);
  }
  EXPECT_EQ(json["ranking"]["cases"], relevant.size());
  EXPECT_EQ(json["ranking"]["without_relevant"], all.size() - relevant.size());
  EXPECT_EQ(json["ranking"]["relevant_from"], 4.5);
}

TEST(Evaluate, TheMeanOfTheListsIsTheHeadline) {
  const FittedRun run("bias");
  const auto path = run.dir / "lists.csv";
  const CliResult result = evaluate(run, {"--json", "--ks", "5", "--per-user", path.string()});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  std::istringstream lines(read_file(path));
  std::string line;
  std::getline(lines, line);
  std::string header = "user,relevant";
  for (const CaseMetric& metric : case_metrics()) header += fmt::format(",{}@5", metric.name);
  EXPECT_EQ(line, header);
  EXPECT_THAT(line, HasSubstr("user,relevant,map@5,mrp@5,recall@5,ndcg@5,hr@5,mrr@5"));
  double sum = 0;
  int n = 0;
  for (; std::getline(lines, line); ++n) {
    double map = 0;
    int user = 0, relevant = 0;
    ASSERT_EQ(std::sscanf(line.c_str(), "%d,%d,%lf", &user, &relevant, &map), 3);
    sum += map;
  }
  EXPECT_EQ(n, json["ranking"]["cases"]);
  EXPECT_NEAR(sum / n, json["test"]["map@5"], 1e-12);
  EXPECT_EQ(evaluate(run, {"--ks", "", "--per-user", path.string()}).code, 2);
}

TEST(Evaluate, GatesTakeRankingMetrics) {
  const FittedRun run("bias");
  const CliResult failed = evaluate(run, {"--fail-if", "map@5<1,hr@50<0"});
  EXPECT_EQ(failed.code, 5);
  EXPECT_THAT(failed.err, HasSubstr("fails if map@5<1"));
  EXPECT_THAT(failed.err, Not(HasSubstr("hr@50")));
  const CliResult other_k = evaluate(run, {"--fail-if", "map@7<1"});
  EXPECT_EQ(other_k.code, 2);
  EXPECT_THAT(other_k.err, HasSubstr("try: --ks 7"));
  EXPECT_EQ(other_k.out, "");
  EXPECT_EQ(evaluate(run, {"--part", "train", "--fail-if", "map@5<0.5"}).code, 2);
}

TEST(Evaluate, AModelThatOnlyRanksHasNoErrorsInStars) {
  const FittedRun run("popularity");
  const CliResult result = evaluate(run, {"--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_TRUE(json["test"]["rmse"].is_null());
  EXPECT_EQ(json["test"]["rows"], run.split.test.size());
  EXPECT_EQ(json["test"]["map@10"], json["references"]["popularity"]["map@10"]);
  EXPECT_THAT(evaluate(run, {}).out, Not(HasSubstr("all rows")));
  const CliResult gate = evaluate(run, {"--fail-if", "rmse>1"});
  EXPECT_EQ(gate.code, 2);
  EXPECT_THAT(gate.err, HasSubstr("predicts no stars"));
}

}  // namespace
