#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace movrec::test {

struct HttpRequest {
  std::string path;                            ///< with the query
  std::map<std::string, std::string> headers;  ///< names in lower case
};

/// What the server answers, and how badly.
struct HttpReply {
  int status = 200;
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::optional<std::size_t> stop_after{};  ///< sends only so many bytes of the body, then …
  enum class Then { close, reset, stall } then = Then::close;
  bool says_length = true;
};

/// An HTTP server on 127.0.0.1 in a thread of the test, one connection at a time.
class HttpServer {
 public:
  using Handler = std::function<HttpReply(const HttpRequest&)>;
  explicit HttpServer(Handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url(const std::string& path) const;
  std::vector<HttpRequest> requests() const;

 private:
  void serve();
  void answer(int connection);

  Handler handler_;
  int listener_ = -1, stop_ = -1;  ///< stop_: an eventfd that becomes readable at the end
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<HttpRequest> requests_;
  std::thread thread_;
};

/// Serves `content` like a good server: 206 for a Range whose If-Range is `etag`, else all of it.
HttpReply serve_content(const HttpRequest&, const std::string& content, const std::string& etag);

/// A port of 127.0.0.1 on which nobody listens.
int dead_port();

}  // namespace movrec::test
