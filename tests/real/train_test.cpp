#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/cli_run.hpp"
#include "support/environment.hpp"
#include "support/temp_dir.hpp"

using namespace movrec::test;

namespace {

/// The document of `movrec train --json` with these flags on the real data.
nlohmann::json train(std::vector<std::string> flags) {
  const TempDir dir;
  flags.insert(flags.begin(), "train");
  flags.insert(flags.end(), {"--json", "--offline", "--data-dir", std::getenv("MOVREC_TEST_DATA"),
                             "--runs-dir", (dir / "runs").string()});
  const CliResult result = run_cli(flags);
  EXPECT_EQ(result.code, 0) << result.err;
  return nlohmann::json::parse(result.out);
}

std::string recipe(const char* name) {
  return std::string(MOVREC_SOURCE_DIR) + "/configs/" + name + ".toml";
}

class RealTraining : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("MOVREC_TEST_DATA") == nullptr) GTEST_SKIP() << "MOVREC_TEST_DATA is not set";
  }
};

TEST_F(RealTraining, TheDefaultReaches0860OnMl1m) {
  const auto json = train({});
  EXPECT_EQ(json.at("test").at("rows"), 200'042);
  EXPECT_LE(json.at("test").at("rmse"), 0.860);
  EXPECT_LT(json.at("test").at("rmse"), json.at("references").at("bias").at("rmse").get<double>() - 0.05);
}

TEST_F(RealTraining, GmfIsFarUnderTheFourthSystem) {
  const auto json = train({"--config", recipe("s3-gmf")});
  EXPECT_EQ(json.at("parameters"), 487'351);
  EXPECT_EQ(json.at("test").at("rows"), 100'021);
  EXPECT_LE(json.at("test").at("mse_unclipped"), 0.78);  // its own: 1.1956
}

TEST_F(RealTraining, NetsBeatTheBiasesByTimeColdRowsIncluded) {
  for (const char* name : {"s1-biased-mf", "s1-neumf"}) {
    const auto json = train({"--config", recipe(name)});
    EXPECT_EQ(json.at("test").at("rows"), 19'997);
    EXPECT_LT(json.at("valid").at("rmse"), 1.0349) << name;
    EXPECT_LT(json.at("test").at("rmse"), 1.0306) << name;
  }
}

}  // namespace
