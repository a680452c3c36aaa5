#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "movrec/core/digest.hpp"
#include "movrec/core/files.hpp"
#include "support/cli_run.hpp"
#include "support/http_server.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_builder.hpp"

using namespace movrec;
using nlohmann::json;
using test::HttpReply;
using test::HttpRequest;
using test::HttpServer;
using test::run_cli;
using test::TempDir;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

namespace {

class DataCommand : public testing::Test {
 protected:
  DataCommand() {
    unsetenv("MOVREC_DATA_DIR");
    TempDir elsewhere;
    test::write_zip(elsewhere / "z.zip",
                    {{"ml-latest/ratings.csv", "userId,movieId,rating,timestamp\n1,1,5,0\n"},
                     {"ml-latest/movies.csv", "movieId,title,genres\n1,A (1999),Drama\n"}});
    zip = read_file(elsewhere / "z.zip");
  }
  /// `movrec data ARGUMENTS… --data-dir DIR`
  test::CliResult data(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "data");
    arguments.insert(arguments.end(), {"--data-dir", dir.path().string()});
    return run_cli(arguments);
  }
  /// A mirror that has the zip under every name, and its MD5 beside it.
  HttpServer::Handler mirror() {
    return [this](const HttpRequest& request) {
      if (request.path.ends_with(".md5")) return HttpReply{.body = md5_hex(zip) + "  ml-latest.zip\n"};
      return test::serve_content(request, zip, "\"1\"");
    };
  }

  TempDir dir;
  std::string zip;
};

TEST_F(DataCommand, ListShowsWhatIsHere) {
  std::filesystem::create_directory(dir / "ml-10M100K");
  const auto table = data({"list"});
  EXPECT_EQ(table.code, 0);
  EXPECT_THAT(table.out, testing::ContainsRegex("ml-10m +63 +yes +10 million ratings"));
  EXPECT_THAT(table.out, testing::ContainsRegex("ml-1m +6 +no +1,000,209 ratings"));
  EXPECT_THAT(table.out, testing::ContainsRegex("synthetic +- +built in"));
  EXPECT_THAT(table.out, EndsWith("Kept in " + dir.path().string() + "\n"));

  const json document = json::parse(data({"list", "--json"}).out);
  EXPECT_EQ(document["schema"], "movrec.data-list/1");
  EXPECT_EQ(document["data_dir"], dir.path().string());
  ASSERT_EQ(document["data_sets"].size(), 9u);
  EXPECT_EQ(document["data_sets"][0]["name"], "ml-100k");
  EXPECT_EQ(document["data_sets"][0]["path"], nullptr);
  EXPECT_EQ(document["data_sets"][2]["path"], (dir / "ml-10M100K").string());
}

TEST_F(DataCommand, PathFollowsFlagThenVariable) {
  setenv("MOVREC_DATA_DIR", "/from/variable", 1);
  EXPECT_EQ(run_cli({"data", "path"}).out, "/from/variable\n");
  EXPECT_EQ(data({"path"}).out, dir.path().string() + "\n");
  unsetenv("MOVREC_DATA_DIR");
  EXPECT_EQ(json::parse(data({"path", "--json"}).out),
            json({{"schema", "movrec.data-path/1"}, {"path", dir.path().string()}}));
}

TEST_F(DataCommand, DownloadsOnceThenWorksOffline) {
  const HttpServer server(mirror());
  const std::string path = (dir / "ml-latest.zip").string();
  const auto first = data({"download", "ml-latest", "--data-url", server.url("")});
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(first.out, path + "\n");
  EXPECT_EQ(read_file(path), zip);
  const auto second = data({"download", "ml-latest", "--offline", "--json"});
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_EQ(json::parse(second.out),
            json({{"schema", "movrec.data-download/1"}, {"name", "ml-latest"}, {"path", path}}));
  EXPECT_EQ(server.requests().size(), 2u) << "the archive and its checksum";

  const auto verified = data({"verify", "ml-latest", "--offline"});
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_EQ(verified.out, "path      " + path + "\nchecksum  official, SHA-256 " + sha256_hex(zip) +
                              "\nfiles     2, all readable\n");
}

TEST_F(DataCommand, AMirrorWithAnotherArchiveIsRefused) {
  const HttpServer server(mirror());
  const auto result = data({"download", "ml-1m", "--data-url", server.url("/movielens")});
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err,
              HasSubstr("movrec: error: " + server.url("/movielens/ml-1m.zip") +
                        " is not the expected file\n  why: it has " + std::to_string(zip.size()) +
                        " bytes instead of 5,917,549\n  try: another mirror with --data-url URL"));
  EXPECT_THAT(dir.files(), IsEmpty());
}

TEST_F(DataCommand, NotFoundAndDeadServersLeaveWithThree) {
  const HttpServer server([](const HttpRequest&) { return HttpReply{.status = 404}; });
  const auto absent = data({"download", "ml-1m", "--data-url", server.url("/")});
  EXPECT_EQ(absent.code, 3);
  EXPECT_THAT(absent.err, AllOf(HasSubstr("cannot download " + server.url("/ml-1m.zip") + "\n"),
                                HasSubstr("  why: the server answered with HTTP status 404\n")));
  const auto dead =
      data({"download", "ml-1m", "--data-url", "http://127.0.0.1:" + std::to_string(test::dead_port())});
  EXPECT_EQ(dead.code, 3);
  EXPECT_THAT(dead.err, HasSubstr("  why: Failed to connect to 127.0.0.1"));
  EXPECT_THAT(dir.files(), IsEmpty());
}

TEST_F(DataCommand, OfflineWithoutACopyLeavesWithThree) {
  const auto result = data({"download", "ml-1m", "--offline"});
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.err,
            "movrec: error: ml-1m is not in " + dir.path().string() +
                "\n  why: --offline forbids to download it\n  try: movrec data download ml-1m, or put "
                "ml-1m.zip there by hand\n");
  EXPECT_EQ(data({"verify", "ml-1m"}).code, 3);
}

TEST_F(DataCommand, WrongNamesAndMirrorsAreUsageErrors) {
  EXPECT_EQ(data({"download", "ml-2m"}).code, 2);
  EXPECT_THAT(data({"verify", "ml-2m"}).err, StartsWith("movrec: error: unknown data set 'ml-2m' (known: "));
  EXPECT_EQ(data({"download"}).code, 2);
  EXPECT_EQ(data({"download", "ml-1m", "--data-url", "file:///etc"}).code, 2);
  EXPECT_EQ(data({"list", "--offline"}).code, 2) << "listing never uses the network";
}

TEST_F(DataCommand, VerifyRefusesAnotherArchiveButReportsOnIt) {
  test::write_zip(dir / "ml-1m.zip",
                  {{"ml-1m/ratings.dat", "1::1::5::0\n"}, {"ml-1m/movies.dat", "1::A::B\n"}});
  const auto result = data({"verify", "ml-1m", "--json"});
  EXPECT_EQ(result.code, 3);
  const json document = json::parse(result.out);
  EXPECT_EQ(document["schema"], "movrec.data-verify/1");
  EXPECT_EQ(document["ok"], false);
  EXPECT_EQ(document["checksum"], "other");
  EXPECT_EQ(document["files"], 2);
  EXPECT_THAT(document["missing"].get<std::vector<std::string>>(), ElementsAre("users.dat"));
  EXPECT_THAT(result.err, HasSubstr("ml-1m.zip has no users.dat\n"));
}

TEST_F(DataCommand, VerifyRefusesDamageAndTraversal) {
  test::write_zip(dir / "ml-100k.zip", {{"ml-100k/u.data", "1\t1\t5\t0\n"}, {"../../evil", "x"}});
  const auto traversal = data({"verify", "ml-100k"});
  EXPECT_EQ(traversal.code, 3);
  EXPECT_THAT(traversal.err,
              HasSubstr("ml-100k.zip: entry '../../evil' is refused\n  why: its name leads out"));
  test::write_text(dir / "ml-100k.zip", zip.substr(0, zip.size() / 2));
  const auto truncated = data({"verify", "ml-100k"});
  EXPECT_EQ(truncated.code, 3);
  EXPECT_THAT(truncated.err, HasSubstr("ml-100k.zip is not a readable zip: it is damaged or cut short"));
  EXPECT_THAT(dir.files(), ElementsAre("ml-100k.zip"));
}

}  // namespace
