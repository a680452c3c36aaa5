#include "movrec/fetch/download.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "support/download_fixture.hpp"
#include "support/zip_builder.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

TEST_F(Download, FetchesOnceAndThenFindsTheFile) {
  const HttpServer server(good);
  EXPECT_TRUE(fetch(server));
  expect_complete();
  EXPECT_FALSE(fetch(server));
  expect_complete();
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].path, "/f.zip");
  EXPECT_THAT(server.requests()[0].headers.at("user-agent"), HasSubstr("movrec/"));
}

TEST_F(Download, WorksWithoutKnowingWhatToExpect) {
  const HttpServer server(
      [](const HttpRequest&) { return HttpReply{.body = content(), .says_length = false}; });
  EXPECT_TRUE(fetch(server, {}));
  expect_complete();
}

TEST_F(Download, AnEmptyFileIsAFile) {
  const HttpServer server([](const HttpRequest&) { return HttpReply{}; });
  EXPECT_TRUE(fetch(server, {}));
  EXPECT_EQ(read_file(file), "");
  EXPECT_THAT(dir.files(), ElementsAre("f.zip"));
}

TEST_F(Download, AWrongChecksumLeavesNothing) {
  const HttpServer server(good);
  EXPECT_THAT(fetch_error(server, {"", std::string(64, 'a'), 0}),
              AllOf(HasSubstr("/f.zip is not the expected file | wrong checksum: its SHA-256 is " +
                              sha256_hex(content())),
                    HasSubstr("expected is " + std::string(64, 'a'))));
  EXPECT_THAT(fetch_error(server, {std::string(32, 'b'), "", 0}),
              HasSubstr("wrong checksum: its MD5 is " + md5_hex(content())));
  EXPECT_THAT(dir.files(), IsEmpty());
}

TEST_F(Download, AWrongSizeIsKnownBeforeTheBody) {
  const HttpServer server(good);
  ExpectedFile other = expected();
  other.bytes += 1;
  EXPECT_THAT(fetch_error(server, other), HasSubstr("is not the expected file | it has 200,000 bytes"));
  EXPECT_THAT(dir.files(), IsEmpty());
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(Download, AnEndlessBodyIsCutOff) {
  const HttpServer server(
      [](const HttpRequest&) { return HttpReply{.body = content() + "more", .says_length = false}; });
  EXPECT_THAT(fetch_error(server), HasSubstr("it has more than 200,000 bytes"));
  EXPECT_THAT(dir.files(), IsEmpty());
}

TEST_F(Download, NotFoundIsNotTriedAgain) {
  const HttpServer server([](const HttpRequest&) { return HttpReply{.status = 404, .body = "<html>"}; });
  EXPECT_THAT(fetch_error(server), AllOf(HasSubstr("cannot download " + server.url("/f.zip")),
                                         HasSubstr("the server answered with HTTP status 404")));
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_THAT(dir.files(), IsEmpty());
}

TEST_F(Download, BusyServersAreTriedAgain) {
  std::atomic<int> n_tries = 0;
  const HttpServer server(
      [&](const HttpRequest& request) { return ++n_tries < 3 ? HttpReply{.status = 503} : good(request); });
  EXPECT_TRUE(fetch(server));
  expect_complete();
  EXPECT_EQ(n_tries, 3);
}

TEST_F(Download, GivesUpAfterThreeTriesWithoutProgress) {
  const HttpServer server([&](const HttpRequest&) { return HttpReply{.status = 503}; });
  EXPECT_THAT(fetch_error(server), HasSubstr("HTTP status 503"));
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_THAT(dir.files(), IsEmpty());
}

TEST_F(Download, ADeadServerIsOneClearError) {
  const std::string url = "http://127.0.0.1:" + std::to_string(test::dead_port()) + "/f.zip";
  EXPECT_THAT(error_of([&] { download(url, file, expected(), impatient()); }),
              AllOf(HasSubstr("cannot download " + url), HasSubstr("Failed to connect")));
  EXPECT_THAT(dir.files(), IsEmpty());
}

TEST_F(Download, FollowsRedirectsWithinHttpOnly) {
  const HttpServer target(good);
  const HttpServer server([&](const HttpRequest& request) {
    const std::string to = request.path == "/f.zip" ? target.url("/elsewhere.zip") : "file:///etc/passwd";
    return HttpReply{.status = 302, .headers = {{"Location", to}}};
  });
  EXPECT_TRUE(fetch(server));
  expect_complete();
  std::filesystem::remove(file);
  EXPECT_THAT(error_of([&] { download(server.url("/evil"), file, {}, impatient()); }),
              HasSubstr("Protocol \"file\" "));
  EXPECT_THAT(dir.files(), IsEmpty());
}

TEST_F(Download, RefusesOtherProtocols) {
  for (const std::string url : {"file:///etc/passwd", "ftp://127.0.0.1/f.zip", "ml-1m.zip", ""})
    EXPECT_THAT(error_of([&] { download(url, file, {}, impatient()); }, ErrorKind::usage),
                HasSubstr("'" + url + "' is not an http or https URL"));
  EXPECT_THAT(dir.files(), IsEmpty());
}

TEST_F(Download, ErrorsDoNotShowPasswords) {
  const HttpServer server([](const HttpRequest&) { return HttpReply{.status = 401}; });
  std::string url = server.url("/f.zip");
  url.insert(std::string("http://").size(), "me:secret@");
  EXPECT_THAT(error_of([&] { download(url, file, {}, impatient()); }),
              HasSubstr("cannot download " + server.url("/f.zip")));
}

TEST_F(Download, NeitherDoesWhatIsNoUrl) {
  for (const std::string scheme : {"ftp://", ""}) {
    const std::string error = error_of(
        [&] { download(scheme + "me:secret@127.0.0.1/f.zip", file, {}, impatient()); }, ErrorKind::usage);
    EXPECT_THAT(error, HasSubstr("'" + scheme + "127.0.0.1/f.zip' is not an http or https URL"));
  }
}

TEST_F(Download, ALinkInThePlaceOfThePartIsNotFollowed) {
  const HttpServer server(good);
  write_file_atomically(dir / "precious", "mine");
  std::filesystem::create_symlink("precious", dir / "f.zip.part");
  EXPECT_THAT(error_of([&] { fetch(server); }, ErrorKind::failure),
              HasSubstr("f.zip.part: it is a symbolic link"));
  EXPECT_EQ(read_file(dir / "precious"), "mine");
}

TEST_F(Download, WhatIsNoFileInItsPlaceIsAnError) {
  const HttpServer server(good);
  std::filesystem::create_directory(file);
  EXPECT_THAT(fetch_error(server), HasSubstr("f.zip is there and is no regular file"));
  EXPECT_THAT(dir.files(), IsEmpty());
}

TEST_F(Download, AnEtagThatIsNoTextIsNoReasonToGoOn) {
  std::atomic<int> n_tries = 0;
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = serve_content(request, content(), "\"\xFF\xFE\"");
    if (++n_tries == 1) reply.stop_after = 50'000;
    return reply;
  });
  EXPECT_TRUE(fetch(server));
  expect_complete();
  const std::vector<HttpRequest> requests = server.requests();
  for (const auto& [name, value] : requests.back().headers)
    EXPECT_EQ(value.find('\xFF'), std::string::npos) << name << " goes on from it";
}

TEST_F(Download, TheSecondOfTwoRunsFindsTheFile) {
  const HttpServer server([](const HttpRequest& request) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return good(request);
  });
  std::atomic<int> n_fetched = 0;
  const auto run = [&] { n_fetched += fetch(server) ? 1 : 0; };
  std::thread first(run), second(run), third(run);
  first.join(), second.join(), third.join();
  EXPECT_EQ(n_fetched, 1);
  EXPECT_EQ(server.requests().size(), 1u);
  expect_complete();
}

TEST_F(Download, AFullDiskIsOneClearErrorAndLeavesNothing) {
  const HttpServer server(good);
  struct rlimit before {};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = 30'000;
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string error = error_of([&] { fetch(server); }, ErrorKind::failure);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_THAT(error, HasSubstr("cannot write " + file.string() + ".part: File too large"));
  EXPECT_THAT(dir.files(), IsEmpty());
}

TEST_F(Download, AFolderThatIsAbsentIsNamed) {
  EXPECT_THAT(error_of([&] { download("http://127.0.0.1:1/f", dir / "no/f.zip", {}, impatient()); },
                       ErrorKind::failure),
              HasSubstr("no/f.zip.part: No such file or directory"));
}

TEST(FetchText, ReturnsSmallPagesOnly) {
  const HttpServer server([](const HttpRequest& request) {
    if (request.path == "/small") return HttpReply{.body = "0123 f.zip\n"};
    if (request.path == "/large") return HttpReply{.body = std::string(100'000, 'x')};
    return HttpReply{.status = 404};
  });
  EXPECT_EQ(fetch_text(server.url("/small"), impatient()), "0123 f.zip\n");
  EXPECT_THAT(error_of([&] { fetch_text(server.url("/large"), impatient()); }),
              HasSubstr("more than 65,536"));
  EXPECT_THAT(error_of([&] { fetch_text(server.url("/absent"), impatient()); }), HasSubstr("status 404"));
}

TEST(Url, SuffixesGoBeforeTheQuery) {
  EXPECT_EQ(append_to_url_path("http://h:8/a/f.zip?t=1", ".md5"), "http://h:8/a/f.zip.md5?t=1");
  EXPECT_EQ(append_to_url_path("https://h", "f.zip"), "https://h/f.zip");
  EXPECT_EQ(url_path("https://u:p@h/a/f.zip?t=1"), "/a/f.zip");
}

}  // namespace
