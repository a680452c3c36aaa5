#include "cli/parse/invocation.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <sstream>

#include "movrec/core/error.hpp"
#include "support/environment.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::cli;
using movrec::test::ScopedVariable;
using movrec::test::TempDir;

namespace {

class InvocationTest : public testing::Test {
 protected:
  void resolve(const std::vector<std::string>& arguments) {
    invocation_.resolve(parse_arguments(invocation_.root(), arguments));
  }
  std::ostringstream out_, err_;
  TreeInvocation invocation_{out_, err_};
};

TEST_F(InvocationTest, SaysWhereEachValueCameFrom) {
  const TempDir folder;
  std::ofstream(folder / "c.toml") << "\n\nruns-dir = \"from-file\"\n";
  const ScopedVariable variable("MOVREC_DEVICE", "cpu");
  resolve({"doctor", "--config", (folder / "c.toml").string(), "--threads", "2"});
  EXPECT_EQ(invocation_.global.runs_dir, "from-file");
  EXPECT_EQ(invocation_.global.device, "cpu");
  EXPECT_EQ(invocation_.global.threads, 2);

  EXPECT_EQ(invocation_.origin("runs-dir"), Origin::config);
  EXPECT_EQ(invocation_.origin("device"), Origin::environment);
  EXPECT_EQ(invocation_.origin("threads"), Origin::flag);
  EXPECT_EQ(invocation_.origin("data-dir"), Origin::standard);
  EXPECT_EQ(invocation_.origin("json"), Origin::standard);

  EXPECT_EQ(invocation_.origin_text("runs-dir"), (folder / "c.toml").string() + ":3 (runs-dir)");
  EXPECT_EQ(invocation_.origin_text("device"), "MOVREC_DEVICE");
  EXPECT_EQ(invocation_.origin_text("threads"), "--threads");
  EXPECT_EQ(invocation_.origin_text("json"), "--json");
}

TEST_F(InvocationTest, AnOptionThatWasNeverBoundIsAnError) {
  resolve({"doctor"});
  EXPECT_THROW(invocation_.origin("epochs"), Error);
}

TEST_F(InvocationTest, FlagsMayStandBeforeAndAfterTheCommandAndTheLastOneWins) {
  resolve({"--threads", "2", "--json", "doctor", "-q", "--threads=3", "--no-json"});
  EXPECT_EQ(invocation_.global.threads, 3);
  EXPECT_TRUE(invocation_.global.quiet);
  EXPECT_FALSE(invocation_.global.json);
}

TEST_F(InvocationTest, AnEmptyValueIsAValue) {
  resolve({"doctor", "--data-dir", ""});
  EXPECT_EQ(invocation_.origin("data-dir"), Origin::flag);
}

}  // namespace
