#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;

namespace {

// Whoever trains, in epochs, sweeps or one step: what training reports of held-out users is what evaluate
// finds in its checkpoint.
TEST(UsersSplit, TrainingReportsTheValidationThatEvaluateFinds) {
  const TempDir dir;
  const std::vector<std::vector<std::string>> models{
      {"bfm", "--sweeps", "24"}, {"biased-mf"}, {"knn"}, {"gmf", "--epochs", "2"}};
  for (const auto& model : models) {
    std::vector<std::string> arguments{"train",
                                       "--dataset",
                                       "synthetic",
                                       "--synthetic-users",
                                       "120",
                                       "--synthetic-items",
                                       "60",
                                       "--synthetic-ratings",
                                       "3000",
                                       "--split",
                                       "users",
                                       "--runs-dir",
                                       (dir / "runs").string(),
                                       "--quiet",
                                       "--json",
                                       "--model"};
    arguments.insert(arguments.end(), model.begin(), model.end());
    const CliResult trained = run_cli(arguments);
    ASSERT_EQ(trained.code, 0) << trained.err;
    const json report = json::parse(trained.out);
    const CliResult evaluated =
        run_cli({"evaluate", "--checkpoint", report.at("checkpoint"), "--part", "valid", "--runs-dir",
                 (dir / "runs").string(), "--quiet", "--json"});
    ASSERT_EQ(evaluated.code, 0) << evaluated.err;
    EXPECT_NEAR(report.at("valid").at("rmse"), json::parse(evaluated.out).at("valid").at("rmse"), 1e-6)
        << model.front();
  }
}

}  // namespace
