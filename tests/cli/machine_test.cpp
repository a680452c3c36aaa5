#include "movrec/ops/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "movrec/core/error.hpp"
#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::cli;
using movrec::test::run_cli;
using testing::HasSubstr;

namespace {

std::string device_error(std::string_view text) {
  try {
    return resolve_device(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.message();
  }
}

TEST(Machine, DevicesAreCheckedBeforeTheyAreUsed) {
  EXPECT_EQ(resolve_device("cpu"), "cpu");
  for (const char* text : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", ""})
    EXPECT_EQ(device_error(text), "‹device›: '" + std::string(text) + "' is not allowed");
  EXPECT_THAT(device_error("cuda:4096"), HasSubstr("‹device› cuda:4096: "));
  EXPECT_EQ(resolve_device("auto"), machine_info().cuda_devices.empty() ? "cpu" : "cuda:0");
}

TEST(Machine, ThreadsAreSetAndZeroMeansAllCores) {
  set_threads(3);
  EXPECT_EQ(machine_info().threads, 3);
  set_threads(0);
  EXPECT_EQ(machine_info().threads, usable_cores());
  EXPECT_GE(usable_cores(), 1);
}

TEST(Machine, BlasIsNamedWithTheLibraryThatIsLoaded) {
  const BlasInfo blas = machine_info().blas;
  EXPECT_NE(blas.name, "");
  EXPECT_EQ(blas.slow, blas.name == "reference BLAS");
  EXPECT_TRUE(blas.path.starts_with("/")) << blas.path;
}

TEST(Doctor, FoldersThatCannotBeWrittenAreBroken) {
  const movrec::test::TempDir folder;
  const auto good = run_cli({"doctor", "--json", "--device", "cpu", "--data-dir", (folder / "data").string(),
                             "--runs-dir", (folder / "a/b/runs").string()});
  EXPECT_EQ(good.code, 0);
  const auto document = nlohmann::json::parse(good.out);
  EXPECT_EQ(document["schema"], "movrec.doctor/1");
  EXPECT_GT(document["blas"]["gflops"].get<double>(), 0.1);
  for (const auto& finding : document["findings"]) EXPECT_NE(finding["health"], "broken") << finding;

  const auto bad = run_cli({"doctor", "--device", "cpu", "--runs-dir", "/dev/null/runs"});
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.out, HasSubstr("broken   runs        /dev/null/runs cannot be written\n"));
  EXPECT_THAT(bad.out, HasSubstr("try: --runs-dir DIR\n"));
}

TEST(Version, JsonNamesLibTorchAndBlas) {
  const auto document = nlohmann::json::parse(run_cli({"version", "--json"}).out);
  EXPECT_EQ(document["schema"], "movrec.version/1");
  EXPECT_EQ(document["libtorch"], machine_info().libtorch);
  EXPECT_EQ(document["blas"]["name"], machine_info().blas.name);
}

}  // namespace
