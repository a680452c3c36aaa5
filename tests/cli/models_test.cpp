#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "movrec/model/table/algorithm.hpp"
#include "support/cli_run.hpp"

using movrec::test::run_cli;
using testing::HasSubstr;

namespace {

TEST(Models, TableNamesEveryAlgorithm) {
  const auto result = run_cli({"models"});
  EXPECT_EQ(result.code, 0);
  for (const movrec::Algorithm& algorithm : movrec::algorithms()) {
    EXPECT_THAT(result.out, HasSubstr("  " + std::string(algorithm.name) + " "));
    EXPECT_THAT(result.out, HasSubstr(std::string(algorithm.summary)));
  }
}

TEST(Models, JsonHasEachModelsOwnDefaults) {
  const auto document = nlohmann::json::parse(run_cli({"models", "--json"}).out);
  EXPECT_EQ(document["schema"], "movrec.models/1");
  ASSERT_EQ(document["models"].size(), movrec::algorithms().size());
  for (std::size_t i = 0; i < movrec::algorithms().size(); ++i) {
    const movrec::Algorithm& algorithm = movrec::algorithms()[i];
    const auto& model = document["models"][i];
    EXPECT_EQ(model["name"], algorithm.name);
    EXPECT_EQ(model["options"], default_options(algorithm).to_json()) << algorithm.name;
  }
}

TEST(Models, OneModelShowsItsOptionsOnly) {
  const auto result = run_cli({"models", "bias"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr("--user-damping X"));
  EXPECT_THAT(result.out, HasSubstr("default: 5]"));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("--epochs")));
}

TEST(Models, ShowsTheOptionsOfEachSolver) {
  const auto result = run_cli({"models", "mf"});
  const auto other = result.out.find("With --solver autograd:");
  ASSERT_NE(other, std::string::npos) << result.out;
  EXPECT_THAT(result.out.substr(0, other), HasSubstr("--noise-damping X"));
  EXPECT_THAT(result.out.substr(0, other), testing::Not(HasSubstr("--optimizer")));
  EXPECT_THAT(result.out.substr(other), HasSubstr("--optimizer TEXT"));
  const auto document = nlohmann::json::parse(run_cli({"models", "mf", "--json"}).out);
  EXPECT_EQ(document["models"][0]["options"]["solver"], "als");
  EXPECT_EQ(document["models"][0]["solvers"]["autograd"]["solver"], "autograd");
  EXPECT_EQ(document["models"][0]["solvers"]["autograd"]["schedule"], "one-cycle");
}

TEST(Models, AnUnknownOneIsAUsageErrorWithTheNearest) {
  const auto result = run_cli({"models", "bais"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("movrec: error: unknown model 'bais' (known: popularity, bias"));
  EXPECT_THAT(result.err, HasSubstr("\n  try: bias\n"));
}

}  // namespace
