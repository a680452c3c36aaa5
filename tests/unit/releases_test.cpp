#include "movrec/data/releases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <sstream>

#include "movrec/core/digest.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/log.hpp"
#include "support/error_of.hpp"
#include "support/http_server.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_builder.hpp"

using namespace movrec;
using test::HttpReply;
using test::HttpRequest;
using test::HttpServer;
using test::TempDir;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Checksum = ReleaseCheck::Checksum;
namespace fs = std::filesystem;

namespace {

/// "message | why | remedy" of the Error that `body` must throw.
std::string error_of(const std::function<void()>& body, ErrorKind kind = ErrorKind::data) {
  return test::text_of(body, kind, " | ");
}

/// What is logged while the object lives.
class LogCapture final : public Observer {
 public:
  void log(LogLevel, std::string_view text) override { text_ += fmt::format("{}\n", text); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  RunScope scope_{{.observer = this}};
};

class ReleaseTest : public testing::Test {
 protected:
  ReleaseTest() {
    cache.data_dir = dir.path().string();
    TempDir elsewhere;
    test::write_zip(elsewhere / "ml.zip", {{"toy/"},
                                           {"toy/ratings.csv", "userId,movieId,rating\n1,1,5\n"},
                                           {"toy/movies.csv", "movieId,title,genres\n1,A,Drama\n"}});
    zip = read_file(elsewhere / "ml.zip");
    md5 = md5_hex(zip);
    sha256 = sha256_hex(zip);
    toy = {.name = "toy", .summary = "", .folder = "toy", .members = members};
    pinned = toy;
    pinned.md5 = md5;
    pinned.sha256 = sha256;
    pinned.bytes = static_cast<std::int64_t>(zip.size());
  }
  HttpServer::Handler serve(const std::string& folder) {
    return [this, folder](const HttpRequest& request) {
      if (request.path == folder + "/toy.zip") return test::serve_content(request, zip, "\"1\"");
      if (request.path == folder + "/toy.zip.md5" && published_md5) return HttpReply{.body = *published_md5};
      return HttpReply{.status = 404};
    };
  }
  void place(const std::string& bytes) { test::write_text(dir / "toy.zip", bytes); }

  TempDir dir;
  CacheOptions cache;
  std::string zip, md5, sha256;
  std::optional<std::string> published_md5;
  std::array<std::string_view, 2> members{"movies.csv", "ratings.csv"};
  Release toy, pinned;  ///< without and with a checksum in the table
};

TEST(Releases, TheTableHoldsEachOnce) {
  std::set<std::string_view> names;
  for (const Release& release : releases()) {
    EXPECT_TRUE(names.insert(release.name).second);
    EXPECT_EQ(&find_release(release.name), &release);
    EXPECT_TRUE(release.md5.empty() || release.md5.size() == 32) << release.name;
    EXPECT_TRUE(release.sha256.empty() || release.sha256.size() == 64) << release.name;
    EXPECT_FALSE(release.members.empty());
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"ml-100k", "ml-1m", "ml-10m", "ml-20m", "ml-25m", "ml-32m",
                                               "ml-latest-small", "ml-latest"}));
  EXPECT_EQ(find_release("ml-10m").folder, "ml-10M100K");
}

// A row is all that a data set needs: where it comes from, and how its files are laid out, follow from it and from them.
TEST_F(ReleaseTest, ARowOfTheTableIsFetchedAndRead) {
  const HttpServer server(serve(""));
  cache.data_url = server.url("");
  DataOptions options;
  options.data = fetch_release(pinned, cache).string();
  const Dataset dataset = load_dataset(options, cache);
  EXPECT_EQ(dataset.name, "toy");
  EXPECT_THAT(dataset.ratings.stars, ElementsAre(5));
  EXPECT_EQ(dataset.catalog.titles.at(0), "A");
}

TEST(Releases, UnknownNamesAreUsageErrors) {
  EXPECT_EQ(
      error_of([] { find_release("ml-2m"); }, ErrorKind::usage),
      "unknown data set 'ml-2m' (known: ml-100k, ml-1m, ml-10m, ml-20m, ml-25m, ml-32m, ml-latest-small, "
      "ml-latest, synthetic) |  | ml-1m");
}

TEST(Releases, TheDataDirectoryFollowsXdg) {
  const auto with = [](const char* xdg, const char* home) {
    setenv("XDG_CACHE_HOME", xdg, 1);
    setenv("HOME", home, 1);
    return data_directory({}).string();
  };
  const std::string old_home = std::getenv("HOME") == nullptr ? "" : std::getenv("HOME");
  EXPECT_EQ(with("/x/cache", "/home/me"), "/x/cache/movrec");
  EXPECT_EQ(with("", "/home/me"), "/home/me/.cache/movrec");
  EXPECT_EQ(with("relative", "/home/me"), "/home/me/.cache/movrec");
  EXPECT_THAT(error_of([&] { with("", ""); }, ErrorKind::usage), HasSubstr("‹data-dir› DIR"));
  CacheOptions here;
  here.data_dir = "here";
  EXPECT_EQ(data_directory(here), "here");
  unsetenv("XDG_CACHE_HOME");
  setenv("HOME", old_home.c_str(), 1);
}

TEST_F(ReleaseTest, IsFetchedOnceAndThenFound) {
  const HttpServer server(serve(""));
  cache.data_url = server.url("");
  EXPECT_EQ(local_release(pinned, cache), "");
  EXPECT_EQ(fetch_release(pinned, cache), dir / "toy.zip");
  EXPECT_EQ(read_file(dir / "toy.zip"), zip);
  EXPECT_EQ(fetch_release(pinned, cache), dir / "toy.zip");
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_THAT(dir.files(), ElementsAre("toy.zip"));
}

TEST_F(ReleaseTest, AMirrorIsAFolderOrTheZipItself) {
  const HttpServer server(serve("/a/b"));
  for (const std::string path : {"/a/b", "/a/b/", "/a/b/toy.zip"}) {
    cache.data_url = server.url(path);
    EXPECT_EQ(fetch_release(pinned, cache), dir / "toy.zip") << path;
    fs::remove(dir / "toy.zip");
  }
  cache.data_url = "ftp://mirror/";
  EXPECT_THAT(error_of([&] { fetch_release(pinned, cache); }, ErrorKind::usage),
              HasSubstr("‹data-url›: 'ftp://mirror/' is not an http or https URL"));
}

TEST_F(ReleaseTest, AMirrorMustHaveTheOfficialFile) {
  const HttpServer server(serve(""));
  cache.data_url = server.url("");
  published_md5 = md5;  // the mirror's word does not count against the table's
  std::string changed = zip;
  changed[40] ^= 1;
  pinned.sha256 = "";
  const std::string other_md5 = md5_hex(changed);
  pinned.md5 = other_md5;
  EXPECT_THAT(error_of([&] { fetch_release(pinned, cache); }),
              AllOf(HasSubstr("/toy.zip is not the expected file | wrong checksum: its MD5 is " + md5),
                    HasSubstr("put toy.zip into " + dir.path().string() + " by hand")));
  EXPECT_THAT(dir.files(), IsEmpty());
}

TEST_F(ReleaseTest, WithoutPinnedChecksumTheOneBesideTheArchiveCounts) {
  const HttpServer server(serve(""));
  cache.data_url = server.url("/");
  published_md5 = "MD5 (toy.zip) = " + md5 + "\n";
  EXPECT_EQ(fetch_release(toy, cache), dir / "toy.zip");
  EXPECT_EQ(read_file(dir / "toy.zip"), zip);
  EXPECT_THAT(dir.files(), ElementsAre("toy.zip", "toy.zip.md5"));

  fs::remove(dir / "toy.zip");
  published_md5 = std::string(32, 'a') + "  toy.zip\n";
  EXPECT_THAT(error_of([&] { fetch_release(toy, cache); }), HasSubstr("expected is " + std::string(32, 'a')));
  published_md5 = "<html>no checksum</html>";
  EXPECT_THAT(error_of([&] { fetch_release(toy, cache); }), HasSubstr("toy.zip.md5 holds no MD5 checksum"));
  published_md5.reset();
  EXPECT_THAT(
      error_of([&] { fetch_release(toy, cache); }),
      AllOf(HasSubstr("cannot download " + server.url("/toy.zip.md5")), HasSubstr("HTTP status 404")));
  EXPECT_FALSE(fs::exists(dir / "toy.zip"));
}

TEST_F(ReleaseTest, OfflineSaysWhatToDo) {
  cache.offline = true;
  cache.data_dir = (dir / "not/yet").string();
  EXPECT_EQ(error_of([&] { fetch_release(pinned, cache); }),
            "toy is not in " + cache.data_dir + " | ‹offline› forbids to download it | " +
                "movrec data download toy, or put toy.zip there by hand");
  EXPECT_FALSE(fs::exists(dir / "not")) << "nothing is made for nothing";
}

TEST_F(ReleaseTest, AnOfficialArchivePutByHandIsUsedQuietly) {
  place(zip);
  cache.offline = true;
  const LogCapture log;
  EXPECT_EQ(fetch_release(pinned, cache), dir / "toy.zip");
  EXPECT_EQ(log.text(), "");
}

TEST_F(ReleaseTest, AnotherArchivePutByHandIsUsedWithOneWarning) {
  std::string other = zip;
  other[45] ^= 1;
  place(other);
  cache.offline = true;
  const LogCapture log;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(fetch_release(pinned, cache), dir / "toy.zip");
  const std::string warning =
      dir.path().string() + "/toy.zip is used as it is, though it is not the official";
  EXPECT_THAT(log.text(), AllOf(HasSubstr(warning), HasSubstr("its MD5 is " + md5_hex(other))));
  EXPECT_EQ(log.text().find(warning), log.text().rfind(warning));
  EXPECT_EQ(read_file(dir / "toy.zip"), other);
}

TEST_F(ReleaseTest, AnArchiveWithoutKnownChecksumIsUsedWithAWarning) {
  place(zip);
  const LogCapture log;
  EXPECT_EQ(fetch_release(toy, cache), dir / "toy.zip");
  EXPECT_THAT(log.text(), HasSubstr("the official one is not known without toy.zip.md5 beside it"));
}

TEST_F(ReleaseTest, AFolderThatCannotBeWrittenIsNamed) {
  test::write_text(dir / "file", "");
  cache.data_dir = (dir / "file/data").string();
  EXPECT_THAT(error_of([&] { fetch_release(pinned, cache); }, ErrorKind::failure),
              AllOf(HasSubstr("cannot make the folder " + cache.data_dir), HasSubstr("‹data-dir› DIR")));
}

TEST_F(ReleaseTest, AFolderPutByHandIsUsed) {
  test::write_text(dir / "TOY-folder/ratings.csv", "x");
  toy.folder = "TOY-folder";
  EXPECT_EQ(fetch_release(toy, cache), dir / "TOY-folder");
  test::write_text(dir / "toy/ratings.csv", "x");
  EXPECT_EQ(fetch_release(toy, cache), dir / "toy");
}

TEST_F(ReleaseTest, ChecksAnArchive) {
  place(zip);
  const ReleaseCheck good = check_release(pinned, cache);
  EXPECT_EQ(good.path, dir / "toy.zip");
  EXPECT_EQ(good.checksum, Checksum::official);
  EXPECT_EQ(good.sha256, sha256);
  EXPECT_EQ(good.n_files, 2u);
  EXPECT_THAT(good.missing, IsEmpty());

  place(zip + " ");
  const ReleaseCheck other = check_release(pinned, cache);
  EXPECT_EQ(other.checksum, Checksum::other);
  EXPECT_EQ(other.why,
            "it has " + std::to_string(zip.size() + 1) + " bytes instead of " + std::to_string(zip.size()));
}

TEST_F(ReleaseTest, ChecksAgainstTheChecksumBesideTheArchive) {
  const HttpServer server(serve(""));
  cache.data_url = server.url("");
  place(zip);
  published_md5 = md5;
  EXPECT_EQ(check_release(toy, cache).checksum, Checksum::official);
  published_md5.reset();
  const ReleaseCheck unpublished = check_release(toy, cache);
  EXPECT_EQ(unpublished.checksum, Checksum::not_known);
  EXPECT_THAT(unpublished.why, HasSubstr("HTTP status 404"));
  cache.offline = true;
  EXPECT_THAT(check_release(toy, cache).why, HasSubstr("‹offline› forbids to fetch it"));
  EXPECT_EQ(server.requests().size(), 2u);
  test::write_text(dir / "toy.zip.md5", md5 + "  toy.zip\n");
  EXPECT_EQ(check_release(toy, cache).checksum, Checksum::official);
}

TEST_F(ReleaseTest, CheckFindsDamageAndAbsence) {
  EXPECT_THAT(error_of([&] { check_release(pinned, cache); }),
              HasSubstr("toy is not in " + dir.path().string()));
  test::write_text(dir / "toy/ratings.csv", "x");
  const ReleaseCheck folder = check_release(pinned, cache);
  EXPECT_EQ(folder.checksum, Checksum::folder);
  EXPECT_THAT(folder.missing, ElementsAre("movies.csv"));
  place(zip.substr(0, zip.size() - 10));
  EXPECT_THAT(error_of([&] { check_release(pinned, cache); }), HasSubstr("toy.zip is not a readable zip"));
}

}  // namespace
