// The checkpoints of tests/golden, written by scripts/make_golden with this and older programs, must give the answers
// that those gave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "movrec/checkpoint/checkpoint.hpp"
#include "movrec/core/files.hpp"
#include "support/cli_run.hpp"

using namespace movrec;
using namespace movrec::test;
namespace fs = std::filesystem;

namespace {

fs::path golden_folder() {
  return fs::path(MOVREC_SOURCE_DIR) / "tests/golden";
}

std::vector<fs::path> golden_checkpoints() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(golden_folder()))
    if (entry.path().extension() == ".pt") out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

/// All that was said must be said again: lists in the same order, numbers to 1e-5, which is what other processors'
/// kernels may differ by. Later programs may say more.
void expect_said_again(const nlohmann::json& then, const nlohmann::json& now, const std::string& where) {
  if (then.is_number_float()) {
    ASSERT_TRUE(now.is_number()) << where;
    const auto a = then.get<double>(), b = now.get<double>();
    EXPECT_NEAR(a, b, 1e-5 * std::max(1.0, std::abs(a))) << where;
  } else if (then.is_object()) {
    for (const auto& [key, value] : then.items()) {
      ASSERT_TRUE(now.contains(key)) << where << '.' << key;
      expect_said_again(value, now.at(key), where + '.' + key);
    }
  } else if (then.is_array()) {
    ASSERT_EQ(then.size(), now.size()) << where;
    for (std::size_t k = 0; k < then.size(); ++k)
      expect_said_again(then[k], now[k], where + '[' + std::to_string(k) + ']');
  } else {
    EXPECT_EQ(then, now) << where;
  }
}

class GoldenCheckpoint : public testing::TestWithParam<fs::path> {};

TEST_P(GoldenCheckpoint, IsAnsweredFromAsByTheProgramThatWroteIt) {
  const fs::path path = GetParam();
  const auto answers = nlohmann::json::parse(read_file(fs::path(path).replace_extension(".json")));
  ASSERT_GE(answers.size(), 2U);
  for (const auto& asked : answers) {
    auto arguments = asked.at("arguments").get<std::vector<std::string>>();
    arguments.insert(arguments.end(), {"--checkpoint", path.string(), "--json"});
    const CliResult result = run_cli(arguments);
    ASSERT_EQ(result.code, 0) << asked.at("arguments") << '\n' << result.err;
    expect_said_again(asked.at("answer"), nlohmann::json::parse(result.out), asked.at("arguments").dump());
  }
}

std::string name_of(const testing::TestParamInfo<fs::path>& info) {
  std::string name = fs::relative(info.param, golden_folder()).replace_extension().string();
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(All, GoldenCheckpoint, testing::ValuesIn(golden_checkpoints()), name_of);

TEST(GoldenCheckpoints, AreThereForEveryAlgorithmAndSolver) {
  std::set<std::string> current;
  std::size_t n_old = 0;
  for (const fs::path& path : golden_checkpoints()) {
    if (path.parent_path() != golden_folder()) {
      ++n_old;
      continue;
    }
    const ModelSpec spec = load_checkpoint(path).spec;
    std::string name = spec.algorithm;
    if (!find_algorithm(name).solvers.empty()) name += "-" + path.stem().string().substr(name.size() + 1);
    current.insert(name);
  }
  for (const Algorithm& row : algorithms()) {
    std::vector<std::string> names;
    for (const Solver& solver : row.solvers) names.push_back(fmt::format("{}-{}", row.name, solver.name));
    if (names.empty()) names.emplace_back(row.name);
    for (const std::string& name : names) EXPECT_TRUE(current.contains(name)) << name;
  }
  EXPECT_EQ(n_old, 28U) << "none of those that older programs wrote is ever lost";
}

}  // namespace
