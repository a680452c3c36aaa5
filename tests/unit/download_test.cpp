#include "movrec/fetch/download.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <functional>
#include <memory>
#include <thread>

#include "movrec/core/digest.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/stop.hpp"
#include "support/http_server.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_builder.hpp"

using namespace movrec;
using test::HttpReply;
using test::HttpRequest;
using test::HttpServer;
using test::serve_content;
using test::TempDir;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Then = HttpReply::Then;

namespace {

const std::string kEtag = "\"v1\"";

/// 200 kB that no shift maps onto themselves.
const std::string& content() {
  static const std::string text = [] {
    std::string numbers;
    for (int i = 0; numbers.size() < 200'000; ++i) numbers += std::to_string(i) + ' ';
    return numbers;
  }();
  return text;
}

ExpectedFile expected() {
  return {md5_hex(content()), sha256_hex(content()), static_cast<std::int64_t>(content().size())};
}

DownloadOptions impatient() {
  DownloadOptions options;
  options.first_delay = std::chrono::milliseconds(1);
  options.connect_timeout = std::chrono::milliseconds(2000);
  options.stall_timeout = std::chrono::seconds(1);
  return options;
}

/// "message | why" of the Error that `body` must throw.
std::string error_of(const std::function<void()>& body, ErrorKind kind = ErrorKind::data) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    EXPECT_EQ(error.message().find('\n'), std::string::npos);
    return error.message() + " | " + error.why();
  }
  return "no error";
}

class Download : public testing::Test {
 protected:
  bool fetch(const HttpServer& server, const ExpectedFile& what = expected()) {
    return download(server.url("/f.zip"), file, what, impatient());
  }
  std::string fetch_error(const HttpServer& server, const ExpectedFile& what = expected()) {
    return error_of([&] { fetch(server, what); });
  }
  /// The file is there, right, and alone.
  void expect_complete() {
    EXPECT_EQ(read_file(file), content());
    EXPECT_THAT(dir.files(), ElementsAre("f.zip"));
  }

  TempDir dir;
  std::filesystem::path file = dir / "f.zip";
};

HttpReply good(const HttpRequest& request) {
  return serve_content(request, content(), kEtag);
}

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

TEST_F(Download, ATruncatedBodyIsContinued) {
  const HttpServer server([](const HttpRequest& request) {
    HttpReply reply = good(request);
    reply.stop_after = 60'000;  // of each reply: four are needed, more than the tries without progress
    return reply;
  });
  EXPECT_TRUE(fetch(server));
  expect_complete();
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_FALSE(requests[0].headers.contains("range"));
  EXPECT_EQ(requests[3].headers.at("range"), "bytes=180000-");
  EXPECT_EQ(requests[3].headers.at("if-range"), kEtag);
}

TEST_F(Download, AResetConnectionIsContinued) {
  std::atomic<int> n_tries = 0;
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = good(request);
    if (++n_tries == 1) reply.stop_after = 50'000, reply.then = Then::reset;
    return reply;
  });
  EXPECT_TRUE(fetch(server));
  expect_complete();
}

TEST_F(Download, AStalledConnectionIsContinued) {
  std::atomic<int> n_tries = 0;
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = good(request);
    if (++n_tries == 1) reply.stop_after = 500, reply.then = Then::stall;
    return reply;
  });
  EXPECT_TRUE(fetch(server));
  expect_complete();
  EXPECT_EQ(server.requests().back().headers.at("range"), "bytes=500-");
}

TEST_F(Download, AnUnmarkedTruncationIsFoundByTheSize) {
  std::atomic<int> n_tries = 0;
  const HttpServer server([&](const HttpRequest& request) {
    HttpReply reply = good(request);
    reply.says_length = false;
    if (++n_tries == 1) reply.stop_after = 50'000;
    return reply;
  });
  EXPECT_TRUE(fetch(server));
  expect_complete();
  EXPECT_EQ(n_tries, 2);
}

/// A run that gives up at the first failure, so that a part is left.
void leave_part(const std::filesystem::path& file, const HttpServer& server) {
  DownloadOptions one_try = impatient();
  one_try.tries = 1;
  EXPECT_NE(error_of([&] { download(server.url("/f.zip"), file, expected(), one_try); }), "no error");
}

/// A server whose first reply breaks off after 50,000 bytes and whose second is 503.
HttpServer::Handler broken_twice_then(HttpServer::Handler handler) {
  return [handler, n_tries = std::make_shared<std::atomic<int>>(0)](const HttpRequest& request) {
    const int n = ++*n_tries;
    if (n == 2) return HttpReply{.status = 503};
    HttpReply reply = n == 1 ? good(request) : handler(request);
    if (n == 1) reply.stop_after = 50'000;
    return reply;
  };
}

TEST_F(Download, ALaterRunGoesOnWithThePart) {
  const HttpServer server(broken_twice_then(good));
  leave_part(file, server);
  EXPECT_THAT(dir.files(), ElementsAre("f.zip.part", "f.zip.part.json"));
  EXPECT_EQ(read_file(dir / "f.zip.part"), content().substr(0, 50'000));
  EXPECT_TRUE(fetch(server));
  expect_complete();
  EXPECT_EQ(server.requests().back().headers.at("range"), "bytes=50000-");
}

TEST_F(Download, APartIsNotMixedWithAChangedFile) {
  // The old content has other bytes of the same length.
  std::string old = content();
  std::ranges::reverse(old);
  std::atomic<int> n_tries = 0;
  const HttpServer server([&](const HttpRequest& request) {
    if (++n_tries == 2) return HttpReply{.status = 503};
    if (n_tries > 2) return good(request);
    HttpReply reply = serve_content(request, old, "\"old\"");
    reply.stop_after = 50'000;
    return reply;
  });
  leave_part(file, server);
  EXPECT_TRUE(fetch(server, {})) << "right even where no checksum is known";
  expect_complete();
  EXPECT_EQ(server.requests().back().headers.at("if-range"), "\"old\"");
}

TEST_F(Download, AServerWithoutRangesStartsAgainInTheSameReply) {
  const HttpServer server(broken_twice_then([](const HttpRequest&) {
    return HttpReply{.body = content(), .headers = {{"ETag", kEtag}}};
  }));
  leave_part(file, server);
  EXPECT_TRUE(fetch(server));
  expect_complete();
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(Download, AWrongRangeIsNotBelieved) {
  std::atomic<int> n_wrong = 0;
  const HttpServer server(broken_twice_then([&](const HttpRequest& request) {
    HttpReply reply = good(request);
    if (reply.status == 206 && ++n_wrong == 1) reply.headers = {{"Content-Range", "bytes 7-199999/200000"}};
    return reply;
  }));
  leave_part(file, server);
  EXPECT_TRUE(fetch(server));
  expect_complete();
  EXPECT_EQ(n_wrong, 1);
}

TEST_F(Download, AServerThatIgnoresIfRangeDoesNotMixVersions) {
  std::string old = content();
  std::ranges::reverse(old);
  std::atomic<int> n_tries = 0;
  const HttpServer server([&](const HttpRequest& request) {
    HttpRequest careless = request;
    careless.headers.erase("if-range");
    if (++n_tries > 1) return serve_content(careless, content(), kEtag);
    HttpReply reply = serve_content(careless, old, "\"old\"");
    reply.stop_after = 50'000;
    return reply;
  });
  EXPECT_TRUE(fetch(server, {}));
  expect_complete();
  EXPECT_EQ(n_tries, 3);
}

TEST_F(Download, AWholePartNeedsNoRequest) {
  const HttpServer server(broken_twice_then(good));
  leave_part(file, server);
  test::write_text(dir / "f.zip.part", content());
  const std::size_t n_before = server.requests().size();
  EXPECT_TRUE(fetch(server));
  expect_complete();
  EXPECT_EQ(server.requests().size(), n_before);
}

TEST_F(Download, APartThatIsTooLongIsDropped) {
  const HttpServer server(broken_twice_then(good));
  leave_part(file, server);
  test::write_text(dir / "f.zip.part", content() + "more");
  EXPECT_TRUE(fetch(server));
  expect_complete();
}

TEST_F(Download, ADamagedPartIsFetchedAgain) {
  const HttpServer server(broken_twice_then(good));
  leave_part(file, server);
  test::write_text(dir / "f.zip.part", std::string(50'000, '\0'));
  EXPECT_TRUE(fetch(server));
  expect_complete();
}

TEST_F(Download, APartOfAnotherUrlOrWithoutNoteIsNotContinued) {
  const HttpServer server(good);
  test::write_text(dir / "f.zip.part", "stray");
  EXPECT_TRUE(fetch(server));
  expect_complete();
  std::filesystem::remove(file);
  test::write_text(dir / "f.zip.part", "stray");
  test::write_text(dir / "f.zip.part.json",
                   R"({"url_sha256": ")" + sha256_hex("http://other/") + R"(", "validator": "\"v1\""})");
  EXPECT_TRUE(fetch(server));
  expect_complete();
  std::filesystem::remove(file);
  test::write_text(dir / "f.zip.part", "stray");
  test::write_text(dir / "f.zip.part.json", "[{ no json");
  EXPECT_TRUE(fetch(server));
  expect_complete();
  std::filesystem::remove(file);
  test::write_text(dir / "f.zip.part", "stray");
  test::write_text(dir / "f.zip.part.json", R"({"url_sha256": 5, "validator": []})");
  EXPECT_TRUE(fetch(server));
  expect_complete();
  for (const HttpRequest& request : server.requests()) EXPECT_FALSE(request.headers.contains("range"));
}

TEST_F(Download, WithoutValidatorAPartIsUselessAndGoes) {
  const HttpServer server(
      [](const HttpRequest&) { return HttpReply{.body = content(), .stop_after = 50'000}; });
  leave_part(file, server);
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

TEST_F(Download, ASignalKeepsThePart) {
  const HttpServer server([](const HttpRequest& request) {
    HttpReply reply = good(request);
    reply.stop_after = 50'000;
    reply.then = Then::stall;
    return reply;
  });
  std::thread interrupter([&] {
    while (!std::filesystem::exists(dir / "f.zip.part") ||
           std::filesystem::file_size(dir / "f.zip.part") < 50'000)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    set_stop_signal(SIGINT);
  });
  DownloadOptions patient;
  int signal = 0;
  try {
    download(server.url("/f.zip"), file, expected(), patient);
  } catch (const Interrupted& interrupted) {
    signal = interrupted.signal;
  }
  interrupter.join();
  set_stop_signal(0);
  EXPECT_EQ(signal, SIGINT);
  EXPECT_THAT(dir.files(), ElementsAre("f.zip.part", "f.zip.part.json"));
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
