#include "movrec/app/runtime.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "movrec/app/cross_validate.hpp"
#include "movrec/core/files.hpp"
#include "support/fit_request.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

std::vector<Member> two_members(const TempDir& dir) {
  std::vector<Member> members;
  for (const char* algorithm : {"bias", "biased-mf"}) {
    Member member{
        .name = algorithm, .request = fit_request(algorithm, dir), .test = {.ranking = {.ks = {10}}}};
    if (member.name == "biased-mf") set(member.request, "epochs", "2");
    member.log = dir / (member.name + ".log");
    members.push_back(std::move(member));
  }
  return members;
}

std::vector<nlohmann::json> results_of(const Runtime& runtime, std::span<const Member> members) {
  std::vector<nlohmann::json> results(members.size());
  runtime.run(members, 2,
              [&](std::size_t k, nlohmann::json result) { results[k] = std::move(result.at("test")); });
  return results;
}

TEST(Runtime, GivesTheSameInThisProcessAndInOthers) {
  const TempDir dir;
  const std::vector<Member> members = two_members(dir);
  const auto here = results_of(InProcess(), members),
             there = results_of(ChildProcesses(MOVREC_BINARY), members);
  ASSERT_TRUE(here[1].at("rmse").is_number());
  for (std::size_t k = 0; k < members.size(); ++k)
    for (const auto& [name, value] : here[k].items())
      EXPECT_NEAR(value.get<double>(), there[k].at(name).get<double>(), 1e-9) << name;
  EXPECT_FALSE(fs::exists(dir / "bias.request")) << "what was passed on is cleared away";
  EXPECT_FALSE(fs::exists(dir / "bias.outcome"));
}

TEST(Runtime, AnErrorKeepsItsKindAndWordsAcrossProcesses) {
  const TempDir dir;
  std::vector<Member> members = two_members(dir);
  members[0].request.data.dataset = "ml-0";
  const InProcess here;
  const ChildProcesses there(MOVREC_BINARY);
  for (const Runtime* runtime : {static_cast<const Runtime*>(&here), static_cast<const Runtime*>(&there)}) {
    try {
      results_of(*runtime, members);
      FAIL() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      EXPECT_THAT(error.message(), HasSubstr("bias: "));
      EXPECT_THAT(error.message(), HasSubstr("ml-0"));
    }
  }
}

TEST(Runtime, AProcessThatLeavesNothingBehindIsAnError) {
  const TempDir dir;
  const std::vector<Member> members = two_members(dir);
  try {
    results_of(ChildProcesses("/bin/false"), members);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    EXPECT_THAT(error.message(), HasSubstr("ended with code 1"));
  }
}

TEST(CrossValidate, RunsInThisProcessToo) {
  const TempDir dir;
  CvRequest request{
      .base = fit_request("ease", dir), .test = {.ranking = {.ks = {10}}}, .folds = {.folds = "3"}};
  const CvReport report = cross_validate(request, InProcess());
  ASSERT_EQ(report.results.size(), 3U);
  const auto json = cv_json(report);
  double sum = 0;
  for (const auto& fold : json.at("folds")) {
    EXPECT_TRUE(fold.at("test").at("rmse").is_null()) << "ease predicts no stars";
    sum += fold.at("test").at("ndcg@10").get<double>();
  }
  EXPECT_NEAR(json.at("mean").at("ndcg@10").get<double>(), sum / 3, 1e-12);
  EXPECT_THAT(cv_text(report), HasSubstr("NDCG@10"));
  EXPECT_EQ(nlohmann::ordered_json::parse(read_file(report.folder / "result.json")), json);
}

}  // namespace
