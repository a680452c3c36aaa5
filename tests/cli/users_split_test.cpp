#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "movrec/checkpoint/checkpoint.hpp"
#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;

namespace {

/// Runs of held-out users.
class UsersSplit : public testing::Test {
 protected:
  json train(const std::vector<std::string>& model) {
    std::vector<std::string> arguments{"train", "--dataset",         "synthetic", "--synthetic-users",
                                       "120",   "--synthetic-items", "60",        "--synthetic-ratings",
                                       "3000",  "--split",           "users",     "--model"};
    arguments.insert(arguments.end(), model.begin(), model.end());
    return run(arguments);
  }
  json run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--runs-dir", (dir_ / "runs").string(), "--quiet", "--json"});
    const CliResult result = run_cli(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    return result.code == 0 ? json::parse(result.out) : json();
  }

  TempDir dir_;
};

// Whoever trains, in epochs, sweeps or one step: what training reports of held-out users is what evaluate
// finds in its checkpoint.
TEST_F(UsersSplit, TrainingReportsTheValidationThatEvaluateFinds) {
  const std::vector<std::vector<std::string>> models{
      {"bfm", "--sweeps", "24"}, {"biased-mf"}, {"knn"}, {"gmf", "--epochs", "2"}};
  for (const auto& model : models) {
    const json trained = train(model);
    const json evaluated = run({"evaluate", "--checkpoint", trained.at("checkpoint"), "--part", "valid"});
    EXPECT_NEAR(trained.at("valid").at("rmse"), evaluated.at("valid").at("rmse"), 1e-6) << model.front();
  }
}

TEST_F(UsersSplit, BlendAndCompareAnswerFromHistoriesAsEvaluateDoes) {
  const json knn = train({"knn"}), mf = train({"biased-mf"});
  const json blend = run({"blend", knn.at("run"), mf.at("run"), "--weights", "ridge"});
  const json compared = run({"compare", knn.at("run"), mf.at("run"), blend.at("run")});
  EXPECT_EQ(compared.at("rows"), knn.at("test").at("rows"));
  const json runs[] = {knn, mf, blend};
  for (std::size_t k = 0; k < 3; ++k)
    EXPECT_NEAR(compared.at("runs").at(k).at("rmse"), runs[k].at("test").at("rmse"), 1e-6) << k;
  for (std::size_t k = 0; k < 2; ++k) {
    EXPECT_NEAR(blend.at("members").at(k).at("test").at("rmse"), runs[k].at("test").at("rmse"), 1e-6) << k;
    EXPECT_NEAR(blend.at("members").at(k).at("validation").at("rmse"), runs[k].at("valid").at("rmse"), 1e-6)
        << k;
    EXPECT_LE(blend.at("validation").at("rmse"), runs[k].at("valid").at("rmse"));
  }
  const json evaluated = run({"evaluate", "--checkpoint", blend.at("run")});
  EXPECT_NEAR(evaluated.at("test").at("rmse"), blend.at("test").at("rmse"), 1e-6);
}

// Who was held out is recommended to as a newcomer is who says what the split shows.
TEST_F(UsersSplit, HeldOutUsersAreKnownByWhatIsShownOfThem) {
  const json trained = train({"biased-mf"});
  const Checkpoint checkpoint = load_checkpoint(trained.at("checkpoint").get<std::string>());
  const Dataset dataset = load_dataset(checkpoint.data, {});
  const Split split = make_split(dataset, checkpoint.split);
  const auto list = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"recommend", "--explain", "--include-seen"});
    return run(std::move(arguments)).at("users").at(0).at("items");
  };
  for (const bool of_test : {true, false}) {
    const SplitQuery& query = (of_test ? split.test_queries : split.valid_queries).front();
    const auto& part = of_test ? split.test : split.valid;
    std::vector<std::string> said;
    for (const std::uint32_t position : query.visible) {
      const auto row = static_cast<std::size_t>(part[position]);
      said.insert(
          said.end(),
          {"--rate", fmt::format("{}={}", std::stoi(dataset.items.id(dataset.ratings.items[row]).text),
                                 dataset.ratings.stars[row])});
    }
    EXPECT_EQ(list({"--user", dataset.users.id(query.user).text}), list(said));
  }
}

TEST_F(UsersSplit, SaysHowHeldOutUsersAreAnswered) {
  for (const auto& [model, answer] : {std::pair{"ease", "known by what the split shows of them"},
                                      std::pair{"popularity", "so they get everybody's list"}}) {
    const CliResult result = run_cli({"recommend", "--users", "all", "--checkpoint", train({model}).at("run"),
                                      "--runs-dir", (dir_ / "runs").string()});
    EXPECT_EQ(result.code, 0);
    EXPECT_THAT(result.err, testing::HasSubstr("held out of training: "));
    EXPECT_THAT(result.err, testing::HasSubstr(answer));
  }
}

}  // namespace
