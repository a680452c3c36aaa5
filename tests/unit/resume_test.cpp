#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <memory>
#include <thread>

#include "movrec/core/stop.hpp"
#include "support/download_fixture.hpp"
#include "support/zip_builder.hpp"

using namespace movrec;
using namespace movrec::test;
using testing::ElementsAre;
using testing::IsEmpty;
using Then = HttpReply::Then;

namespace {

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
    process_stop().reset(SIGINT);
  });
  DownloadOptions patient;
  int signal = 0;
  try {
    download(server.url("/f.zip"), file, expected(), patient);
  } catch (const Interrupted& interrupted) {
    signal = interrupted.signal;
  }
  interrupter.join();
  process_stop().reset(0);
  EXPECT_EQ(signal, SIGINT);
  EXPECT_THAT(dir.files(), ElementsAre("f.zip.part", "f.zip.part.json"));
}

}  // namespace
