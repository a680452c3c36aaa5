#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "movrec/core/files.hpp"
#include "movrec/core/random.hpp"
#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

namespace {

constexpr std::array<const char*, 4> kOdd{"user-17@shop.example", "0003", "9223372036854775807", "größe, 2"};

/// A shop's ratings: customers and articles of all kinds of names, with dates.
class AnyIds : public testing::Test {
 protected:
  AnyIds() {
    std::ofstream file(dir_ / "shop.csv");
    file << "customer_id,stars,sku,date\n";
    RandomStream random(7, 1);
    for (int user = 0; user < 40; ++user)
      for (int item = 0; item < 25; ++item)
        if (random.below(3) > 0)
          file << '"' << user_id(user) << "\"," << 1 + (user * item + static_cast<int>(random.below(2))) % 5
               << ",\"" << item_id(item) << "\",2024-0" << 1 + item % 9 << "-1" << user % 10 << '\n';
  }
  static std::string user_id(int user) {
    return user < 4 ? kOdd[static_cast<std::size_t>(user)] : "u" + std::to_string(user);
  }
  static std::string item_id(int item) {
    return item == 0 ? "3" : item == 1 ? "0003" : "SKU_" + std::to_string(240 + item);
  }

  CliResult cli(std::vector<std::string> arguments) const {
    for (const char* more : {"--runs-dir", "--threads"})
      arguments.insert(arguments.end(),
                       {more, std::string(more) == "--threads" ? "1" : (dir_ / "runs").string()});
    return run_cli(arguments);
  }
  CliResult train(const std::string& model) const {
    return cli({"train", "--model", model, "--data", (dir_ / "shop.csv").string()});
  }

  TempDir dir_;
};

TEST_F(AnyIds, AreTakenAndGivenAsTheyAreSpelt) {
  const CliResult trained = train("ease");
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(
      trained.err,
      HasSubstr("shop.csv: user=customer_id (text), item=sku (text), rating=stars, time=date (dates), "
                "ratings 1 to 5; "));
  for (const char* id : kOdd) {
    const CliResult result =
        cli({"recommend", "--user", id, "--include-seen", "--min-ratings", "0", "--top", "25", "--json"});
    ASSERT_EQ(result.code, 0) << result.err;
    const json user = json::parse(result.out)["users"][0];
    EXPECT_EQ(user["user"], id);
    std::vector<std::string> items;
    for (const json& item : user["items"]) items.push_back(item["item"]);
    EXPECT_THAT(items, AllOf(testing::SizeIs(25), testing::Contains("0003"), testing::Contains("3"),
                             testing::Contains("SKU_242")));
  }
  EXPECT_THAT(cli({"recommend", "--user", "0003", "--format", "csv"}).out, HasSubstr("\n0003,1,"));
  EXPECT_THAT(cli({"recommend", "--user", "0003"}).out, HasSubstr("user 0003\n"));
  EXPECT_THAT(cli({"recommend", "--users", "u5,0003"}).out,
              AllOf(HasSubstr("user u5\n"), HasSubstr("user 0003\n")));
  const CliResult unknown = cli({"recommend", "--user", "3"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("user 3 is not in"));
  EXPECT_EQ(cli({"similar", "SKU_242"}).code, 0);
  EXPECT_EQ(cli({"evaluate"}).code, 0);
}

TEST_F(AnyIds, AreTakenUpByUpdates) {
  ASSERT_EQ(train("ease").code, 0);
  std::ofstream(dir_ / "new.csv")
      << "user,item,stars\n00042,SKU_242,5\n00042,0003,4\n\"größe, 2\",SKU_243,5\n";
  const CliResult updated = cli({"update", "--history", (dir_ / "new.csv").string(), "--json"});
  ASSERT_EQ(updated.code, 0) << updated.err;
  const json report = json::parse(updated.out);
  EXPECT_EQ(report["new_users"], 1);
  const json lists =
      json::parse(cli({"recommend", "--checkpoint", report["checkpoint"], "--users", "all", "--json"}).out);
  std::vector<std::string> users;
  for (const json& user : lists["users"]) users.push_back(user["user"]);
  EXPECT_EQ(users.size(), 41U);
  for (const char* id : {"00042", "größe, 2", "9223372036854775807"})
    EXPECT_THAT(users, testing::Contains(id));
}

TEST_F(AnyIds, AreRatedByAllKindsOfModelsAndFolds) {
  EXPECT_EQ(run_cli({"cv", "--model", "bias", "--folds", "3", "--data", (dir_ / "shop.csv").string(),
                     "--runs-dir", (dir_ / "runs").string()},
                    MOVREC_BINARY)
                .code,
            0);
  ASSERT_EQ(train("bias").code, 0);
  const std::string predictions = (dir_ / "p.csv").string();
  ASSERT_EQ(cli({"evaluate", "--predictions", predictions}).code, 0);
  EXPECT_THAT(read_file(predictions),
              AllOf(HasSubstr("user-17@shop.example,"), HasSubstr(",SKU_2"), HasSubstr("\"größe, 2\",")));
}

TEST_F(AnyIds, WithoutRatingsTrainModelsThatRank) {
  std::ofstream file(dir_ / "pairs.csv");
  file << "user,item\n";
  for (int user = 0; user < 30; ++user)
    for (int item = 0; item < 12; ++item)
      if ((user + item) % 3 != 0) file << "u" << user << ",i" << item << '\n';
  file.close();
  const std::string data = (dir_ / "pairs.csv").string();
  const CliResult refused = cli({"train", "--model", "biased-mf", "--data", data});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("biased-mf predicts stars, and pairs.csv has none"),
                                 HasSubstr("--model popularity|")));
  const CliResult trained = cli({"train", "--model", "ease", "--data", data});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("no ratings: each line says that somebody took something"));
  EXPECT_EQ(cli({"recommend", "--user", "u7"}).code, 0);
}

}  // namespace
