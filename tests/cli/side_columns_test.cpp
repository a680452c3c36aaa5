// What files of --items and --users say, from their columns to features, inputs and conditions.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "movrec/core/random.hpp"
#include "support/cli_run.hpp"
#include "support/temp_dir.hpp"

using namespace movrec;
using namespace movrec::test;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsSupersetOf;

namespace {

/// A shop in which the members of a club like two brands of four, and the others the other two: nearly all that there is
/// to know of a rating, of which each item has but seven.
class SideColumns : public testing::Test {
 protected:
  static constexpr int kUsers = 120, kItems = 150, kOfUser = 9;

  SideColumns() {
    RandomStream random(11, 0);
    std::ofstream ratings(dir_ / "shop.csv"), items(dir_ / "items.csv"), users(dir_ / "users.csv");
    ratings << "customer,sku,stars\n";
    items << "sku,title,year,genres,brand,price\n";
    users << "customer,club,visits,brand\n";
    for (int item = 0; item < kItems; ++item) {
      items << id_of_item(item) << ",\"Thing " << item << ", the\"," << 1980 + item % 40 << ','
            << (item % 3 == 0   ? "Toys|Games"
                : item % 3 == 1 ? "Games"
                                : "Books")
            << ',' << brand_of(item) << ',';
      if (item % 10 != 9) items << item << ".5";
      items << '\n';
    }
    for (int user = 0; user < kUsers; ++user) {
      if (user % 8 != 7)
        users << id_of_user(user) << ',' << (is_member(user) ? "yes" : "no") << ',' << user * 3 << ",b"
              << user % 2 << '\n';
      for (int k = 0; k < kOfUser; ++k) {
        const int item = (user * 31 + k * 17) % kItems;
        const bool likes = is_member(user) == (item % 4 < 2);
        ratings << id_of_user(user) << ',' << id_of_item(item) << ','
                << (likes ? 4 : 2) + static_cast<int>(random.below(2)) << '\n';
      }
    }
  }
  static std::string id_of_user(int user) { return "u-" + std::to_string(user); }
  static std::string id_of_item(int item) { return "SKU_" + std::to_string(item); }
  static std::string brand_of(int item) {
    return std::array{"acme", "Bolt", "Crane", "Dyne"}[static_cast<std::size_t>(item % 4)];
  }
  static bool is_member(int user) { return user % 3 == 0; }

  std::string path(const char* name) const { return (dir_ / name).string(); }
  std::vector<std::string> data() const {
    return {"--data", path("shop.csv"), "--items", path("items.csv"), "--users", path("users.csv")};
  }
  CliResult cli(std::vector<std::string> arguments, const std::vector<std::string>& more = {}) const {
    arguments.insert(arguments.end(), more.begin(), more.end());
    if (arguments[0] != "data")
      arguments.insert(arguments.end(), {"--runs-dir", path("runs"), "--threads", "1"});
    return run_cli(arguments);
  }
  CliResult train_bfm(const std::string& features) const {
    std::vector<std::string> arguments{"train", "--model",   "bfm", "--json",          "--sweeps",
                                       "60",    "--samples", "20",  "--embedding-dim", "4"};
    if (!features.empty()) arguments.insert(arguments.end(), {"--features", features});
    return cli(arguments, data());
  }
  /// The ids that are recommended to somebody.
  std::vector<std::string> recommended(const std::string& where) const {
    const CliResult result = cli({"recommend", "--user", "u-3", "--where", where, "--top", "1000",
                                  "--min-ratings", "0", "--include-seen", "--json"});
    EXPECT_EQ(result.code, 0) << result.err;
    std::vector<std::string> ids;
    const json lists = json::parse(result.out);
    for (const json& item : lists["users"][0]["items"]) ids.push_back(item["item"]);
    return ids;
  }

  TempDir dir_;
};

TEST_F(SideColumns, AreShownAsTheyWereUnderstood) {
  const CliResult text = cli({"data", "info"}, data());
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("column of items"), HasSubstr("4 categories: Bolt"),
                              HasSubstr("numbers from 0.5 to 148.5; 10 bins from 0.5, "),
                              HasSubstr("column of users"), HasSubstr("2 categories: no ")));
  const json info = json::parse(cli({"data", "info", "--json"}, data()).out);
  const json &brand = info["item_columns"][0], &price = info["item_columns"][1];
  EXPECT_EQ(brand["name"], "brand");
  EXPECT_EQ(brand["kind"], "categories");
  EXPECT_EQ(brand["known"], kItems);
  EXPECT_EQ(brand["categories"], 4);
  EXPECT_EQ(brand["most_frequent"]["acme"], 38);
  EXPECT_EQ(price["kind"], "numbers");
  EXPECT_EQ(price["known"], kItems * 9 / 10);
  EXPECT_EQ(price["max"], 148.5);
  EXPECT_EQ(price["bins"].size(), 10U);
  EXPECT_EQ(price["bins"][0]["from"], 0.5);
  EXPECT_EQ(info["user_columns"].size(), 3U);
  EXPECT_EQ(info["user_columns"][0]["known"], kUsers * 7 / 8);
  const json plain = json::parse(cli({"data", "info", "--json", "--data", path("shop.csv")}).out);
  EXPECT_EQ(plain["item_columns"], json::array());
}

TEST_F(SideColumns, MakeRatingsPredictableWhereTheyExplainThem) {
  const auto rmse = [&](const std::string& features) {
    const CliResult result = train_bfm(features);
    EXPECT_EQ(result.code, 0) << result.err;
    return json::parse(result.out).at("test").at("rmse").get<double>();
  };
  const double without = rmse("user,item"), with = rmse("user,item,club,item.brand"), all = rmse("");
  EXPECT_LT(with, 0.85 * without) << without;
  EXPECT_LT(all, 0.85 * without) << "they are used unless others are chosen";
  RecordProperty("rmse", fmt::format("{} {} {}", without, with, all));
  // The last model answers old and new users, and whom it has heard nothing of.
  EXPECT_EQ(cli({"evaluate"}).code, 0);
  EXPECT_EQ(cli({"recommend", "--like", "Thing 1", "--rate", "SKU_2=2", "--where", "brand!=acme"}).code, 0);
}

TEST_F(SideColumns, AreFeaturesByTheirNames) {
  for (const char* features : {"user,item,price", "item.price,user.club", "user.brand,item.brand", "all"})
    EXPECT_EQ(train_bfm(features).code, 0) << features;
  const CliResult unknown = train_bfm("user,prize");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("--features prize: this data set has no such feature"),
                                 HasSubstr("genres, year, item.brand, price, club, visits, user.brand"),
                                 HasSubstr("try: --features price")));
  EXPECT_EQ(train_bfm("user,brand").code, 2) << "whose brand?";
}

TEST_F(SideColumns, AreConditionsOfRecommendations) {
  ASSERT_EQ(cli({"train", "--model", "ease"}, data()).code, 0);
  std::vector<std::string> wanted;
  for (int item = 0; item < kItems; ++item)
    if (item % 3 == 0 && item % 4 < 2 && item % 40 >= 10) wanted.push_back(id_of_item(item));
  EXPECT_THAT(recommended("genres=toys,brand=acme|bolt,year>=1990"),
              testing::UnorderedElementsAreArray(wanted));
  EXPECT_THAT(recommended("price<3,id!=SKU_1"), testing::UnorderedElementsAre("SKU_0", "SKU_2"));
  EXPECT_THAT(recommended("title=thing 14"), IsSupersetOf({"SKU_14", "SKU_140", "SKU_149"}));

  const auto refused = [&](const std::string& where) {
    const CliResult result = cli({"recommend", "--user", "u-3", "--where", where});
    EXPECT_EQ(result.code, 2) << where;
    return result.err;
  };
  EXPECT_THAT(refused("brnad=acme"),
              AllOf(HasSubstr("unknown field 'brnad' (known: id, title, year, genres, brand, price)"),
                    HasSubstr("try: brand")));
  EXPECT_THAT(refused("brand=acmee"), HasSubstr("unknown brand 'acmee' (known: Bolt, Crane, Dyne, acme)"));
  EXPECT_THAT(refused("brand<acme"), HasSubstr("'<' does not go with categories"));
  EXPECT_THAT(refused("acme"), HasSubstr("try: --where 'genres=Comedy,year>=1990'"));

  const CliResult similar = cli({"similar", "SKU_4", "--where", "brand=acme", "--min-ratings", "0"});
  EXPECT_EQ(similar.code, 0) << similar.err;
}

TEST_F(SideColumns, OfUsersAreWhatAProfileLooksAt) {
  const auto train = [&](const std::vector<std::string>& of) {
    const CliResult result = cli(
        {"train", "--model", "profile", "--layers", "32,16", "--epochs", "8", "--seed", "3", "--json"}, of);
    EXPECT_EQ(result.code, 0) << result.err;
    const json loaded = json::parse(cli({"evaluate", "--json"}).out);
    EXPECT_EQ(json::parse(result.out)["test"]["ndcg@10"], loaded["test"]["ndcg@10"]) << "as it was trained";
    return json::parse(cli({"recommend", "--user", "u-3", "--min-ratings", "0", "--json"}).out)["users"][0];
  };
  EXPECT_NE(train({"--data", path("shop.csv")})["items"], train(data())["items"]);
  EXPECT_EQ(cli({"recommend", "--user", "u-7"}).code, 0) << "the file does not know him";
  EXPECT_EQ(cli({"recommend", "--like", "SKU_2"}).code, 0);
}

}  // namespace
