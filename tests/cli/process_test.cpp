#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "movrec/core/files.hpp"
#include "support/shell.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

namespace {

/// What the program does among other processes, signals and limits: the real one.
class Process : public testing::Test {
 protected:
  /// In the script, $S is the small data set, $T a training that takes longer than any test, and `wait_for FILE` waits
  /// until there is one.
  ShellResult shell(const std::string& script) const {
    return bash(
        MOVREC_BINARY, dir.path().string(),
        "S=\"--dataset synthetic --synthetic-users 60 --synthetic-items 40 --synthetic-ratings 900\"\n"
        "T=\"--model mlp --layers 16,8 --batch-size 64 --schedule constant --lr 0.0005 --epochs 900000\"\n"
        "wait_for() { for k in $(seq 600); do compgen -G \"$1\" > /dev/null && return; sleep 0.05; done; "
        "echo \"no $1\"; }\n"
        "wait_for_folds() { for k in $(seq 600); do [ $(ls runs/*/2*/metrics.jsonl 2> /dev/null | wc -l) = 2 "
        "] && "
        "return; sleep 0.05; done; echo no folds; }\n" +
            script);
  }
  std::vector<json> metrics() const {
    std::vector<json> epochs;
    for (const auto& run : fs::directory_iterator(dir / "runs")) {
      std::istringstream lines(read_file(run.path() / "metrics.jsonl"));
      for (std::string line; std::getline(lines, line);) epochs.push_back(json::parse(line));
    }
    return epochs;
  }
  TempDir dir;
};

TEST_F(Process, OutputsGoThroughPipesDescriptorsAndLinks) {
  const ShellResult result = shell(
      "$M train $S --model bias -q >/dev/null\n"
      "$M evaluate -q --predictions /dev/stdout | head -1\n"
      "$M evaluate -q --ks 5 --per-user >(head -1) >/dev/null; sleep 0.3\n"
      "touch far; chmod 600 far; ln -s far link\n"
      "$M recommend --user 1 --top 2 --output link -q; stat -c %a-%F far; test -L link && echo a link\n");
  EXPECT_THAT(result.text, HasSubstr("user,item,rating,prediction\n"));
  EXPECT_THAT(result.text, HasSubstr("user,relevant"));
  EXPECT_THAT(result.text, HasSubstr("600-regular file\na link\n"));
}

TEST_F(Process, OpenMpsDynamicTeamsAndThreadLimitNeitherHangNorChangeResults) {
  for (const std::string model : {"ease", "mlp", "mf", "biased-mf"}) {
    const std::string train = " timeout 60 $M train $S -q --json --model " + model +
                              (model == "mlp" ? " --layers 8" : "") + " --threads ";
    const ShellResult result = shell(
        "R() { \"$@\" | sed 's/.*\"test\":{\\([^}]*\\)}.*/\\1/'; echo ${PIPESTATUS[0]}; }\n"
        "R" +
        train + "2\nOMP_DYNAMIC=true R" + train + "2\nOMP_THREAD_LIMIT=1 R" + train + "4\n");
    std::istringstream lines(result.text);
    std::string plain, dynamic, limited, code;
    std::getline(lines, plain), std::getline(lines, code);
    EXPECT_EQ(code, "0") << model << ": " << result.text;
    std::getline(lines, dynamic), std::getline(lines, code);
    EXPECT_EQ(code, "0") << model << ": " << result.text;
    std::getline(lines, limited), std::getline(lines, code);
    EXPECT_EQ(code, "0") << model << ": " << result.text;
    EXPECT_EQ(plain, dynamic) << model;
    EXPECT_EQ(plain, limited) << model;
  }
}

TEST_F(Process, SimultaneousUpdatesLoseNothing) {
  const ShellResult result = shell(
      "$M train $S --model ease -q >/dev/null\n"
      "for k in 1 2 3 4; do printf \"%d,1,5\\n%d,2,4\\n\" $((1000+k)) $((1000+k)) > new$k.csv; done\n"
      "for k in 1 2 3 4; do $M update --history new$k.csv -q >/dev/null & done; wait\n"
      "$M update --history new1.csv --json -q\n");
  EXPECT_THAT(result.text, HasSubstr("\"all_ratings\": 10"));
  EXPECT_THAT(result.text, HasSubstr("\"all_users\": 4"));
}

TEST_F(Process, AHangUpSavesAsTheOtherSignalsDo) {
  const ShellResult result = shell(
      "$M train $S $T -q & p=$!; wait_for 'runs/*/metrics.jsonl'; kill -HUP $p; wait $p; echo $?; ls "
      "runs/*\n");
  EXPECT_THAT(result.text, HasSubstr("129\n"));
  EXPECT_THAT(result.text, HasSubstr("last.pt"));
}

TEST_F(Process, NohupIsHeeded) {
  const ShellResult result = shell(
      "trap '' HUP; $M train $S $T -q & p=$!; wait_for 'runs/*/metrics.jsonl'; kill -HUP $p; sleep 0.3; kill "
      "-TERM $p; "
      "wait $p; echo $?\n");
  EXPECT_THAT(result.text, HasSubstr("143\n"));
}

TEST_F(Process, AResumedRunLogsEachEpochOnce) {
  const ShellResult result = shell(
      "$M train $S $T -q & p=$!; wait_for 'runs/*/last.pt'; sleep 1; kill -9 $p; wait $p 2>/dev/null\n"
      "touch $(echo runs/*)/last.pt.tmp999999999\n"
      "last=$(tail -1 runs/*/metrics.jsonl | sed 's/.*\"epoch\":\\([0-9]*\\).*/\\1/')\n"
      "$M train --resume runs/* --epochs $((last+3)) -q --json > result.json; echo $?\n");
  EXPECT_THAT(result.text, HasSubstr("0\n"));
  const std::vector<json> epochs = metrics();
  for (std::size_t k = 0; k < epochs.size(); ++k) ASSERT_EQ(epochs[k].at("epoch"), k + 1);
  EXPECT_EQ(json::parse(read_file(dir / "result.json")).at("epochs"), epochs.size());
  for (const std::string& file : dir.files()) EXPECT_THAT(file, Not(HasSubstr(".tmp")));
}

TEST_F(Process, ARunIsTrainedByOneProcessAtATime) {
  const ShellResult result = shell(
      "$M train $S $T -q & p=$!; wait_for 'runs/*/last.pt'\n"
      "$M train --resume runs/* -q; echo $?\n"
      "kill -9 $p; wait $p 2>/dev/null\n"
      "$M train --resume runs/* -q & p=$!; sleep 1; kill -TERM $p; wait $p; echo $?\n");
  EXPECT_THAT(result.text, HasSubstr("is being trained by another process\n"));
  EXPECT_THAT(result.text, HasSubstr("\n1\n"));
  EXPECT_THAT(result.text, HasSubstr("143\n"));
}

TEST_F(Process, TheFoldsOfAKilledCrossValidationEnd) {
  const ShellResult result = shell(
      "$M cv $S $T --folds 2 --jobs 2 -q & p=$!; wait_for_folds\n"
      "kill -9 $p; wait $p 2>/dev/null\n"
      "for k in $(seq 100); do n=0; for q in /proc/[0-9]*; do [ \"$(readlink $q/cwd)\" = \"$PWD\" ] && "
      "grep -qa '[f]old-[12]' $q/cmdline 2>/dev/null && n=$((n+1)); done; [ $n = 0 ] && break; sleep 0.1; "
      "done; echo "
      "left $n\n"
      "find . -name last.pt | wc -l\n");
  EXPECT_THAT(result.text, HasSubstr("left 0\n"));
  EXPECT_THAT(result.text, HasSubstr("left 0\n2\n"));  // both saved
}

TEST_F(Process, ASignalToTheGroupReachesEachFoldOnce) {
  const ShellResult result = shell(
      "setsid $M cv $S $T --folds 2 --jobs 2 -q & p=$!; wait_for_folds\n"
      "kill -TERM -$p; wait $p; echo $?; find . -name last.pt | wc -l\n");
  EXPECT_THAT(result.text, HasSubstr("143\n2\n"));
}

TEST_F(Process, TooLittleMemoryIsSaidAtOnce) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "its shadow memory is far more than any limit";
#endif
  for (const std::string kilobytes : {"400000", "700000", "1000000"}) {
    const ShellResult result = shell("ulimit -v " + kilobytes + "; timeout 20 $M version; echo $?");
    EXPECT_THAT(result.text, HasSubstr("movrec: error: ulimit -v allows ")) << result.text;
    EXPECT_THAT(result.text, HasSubstr("\n1\n"));
  }
}

TEST_F(Process, AFileSizeLimitIsAnErrorThatLeavesNoHalf) {
  const ShellResult result = shell(
      "ulimit -f 2; timeout 60 $M train $S --model biased-mf --epochs 2 -q; echo $?; find . -name '*.tmp*'");
  EXPECT_THAT(result.text, HasSubstr("movrec: error: "));
  EXPECT_THAT(result.text, HasSubstr("File too large\n"));
  EXPECT_THAT(result.text, HasSubstr("\n1\n"));
  EXPECT_THAT(result.text, Not(HasSubstr(".tmp")));
}

}  // namespace
