#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "movrec/core/digest.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/fetch/download.hpp"
#include "support/http_server.hpp"
#include "support/temp_dir.hpp"

namespace movrec::test {

inline const std::string kEtag = "\"v1\"";

/// 200 kB that no shift maps onto themselves.
inline const std::string& content() {
  static const std::string text = [] {
    std::string numbers;
    for (int i = 0; numbers.size() < 200'000; ++i) numbers += std::to_string(i) + ' ';
    return numbers;
  }();
  return text;
}

inline ExpectedFile expected() {
  return {md5_hex(content()), sha256_hex(content()), static_cast<std::int64_t>(content().size())};
}

inline DownloadOptions impatient() {
  DownloadOptions options;
  options.first_delay = std::chrono::milliseconds(1);
  options.connect_timeout = std::chrono::milliseconds(2000);
  options.stall_timeout = std::chrono::seconds(1);
  return options;
}

/// "message | why" of the Error that `body` must throw.
inline std::string error_of(const std::function<void()>& body, ErrorKind kind = ErrorKind::data) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    EXPECT_EQ(error.message().find('\n'), std::string::npos);
    return error.message() + " | " + error.why();
  }
  return "no error";
}

/// A download of `content()` to FOLDER/f.zip.
class Download : public ::testing::Test {
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
    EXPECT_THAT(dir.files(), ::testing::ElementsAre("f.zip"));
  }

  TempDir dir;
  std::filesystem::path file = dir / "f.zip";
};

inline HttpReply good(const HttpRequest& request) {
  return serve_content(request, content(), kEtag);
}

}  // namespace movrec::test
