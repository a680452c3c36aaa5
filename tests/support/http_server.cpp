#include "support/http_server.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <tuple>

namespace movrec::test {
namespace {

/// A socket bound to a free port of 127.0.0.1.
std::pair<int, int> bind_free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("cannot bind a port of 127.0.0.1");
  return {fd, ntohs(address.sin_port)};
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the client went away
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

HttpRequest parse(const std::string& head) {
  std::istringstream lines(head);
  std::string method, line;
  HttpRequest request;
  lines >> method >> request.path;
  std::getline(lines, line);
  while (std::getline(lines, line) && line != "\r") {
    const std::size_t colon = line.find(": ");
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    request.headers[name] = line.substr(colon + 2, line.size() - colon - 3);
  }
  return request;
}

}  // namespace

HttpServer::HttpServer(Handler handler) : handler_(std::move(handler)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  std::tie(listener_, port_) = bind_free_port();
  if (::listen(listener_, 16) != 0) throw std::runtime_error("cannot listen");
  thread_ = std::thread([this] { serve(); });
}

HttpServer::~HttpServer() {
  ::eventfd_write(stop_, 1);
  thread_.join();
  ::close(listener_);
  ::close(stop_);
}

std::string HttpServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<HttpRequest> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpServer::serve() {
  while (true) {
    pollfd wanted[] = {{stop_, POLLIN, 0}, {listener_, POLLIN, 0}};
    ::poll(wanted, 2, -1);
    if (wanted[0].revents != 0) return;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    answer(connection);
    ::close(connection);
  }
}

void HttpServer::answer(int connection) {
  std::string head;
  char buffer[4096];
  while (head.find("\r\n\r\n") == head.npos) {
    const ssize_t got = ::recv(connection, buffer, sizeof buffer, 0);
    if (got <= 0) return;
    head.append(buffer, static_cast<std::size_t>(got));
  }
  const HttpRequest request = parse(head);
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  const HttpReply reply = handler_(request);
  std::ostringstream text;
  text << "HTTP/1.1 " << reply.status << " X\r\nConnection: close\r\n";
  if (reply.says_length) text << "Content-Length: " << reply.body.size() << "\r\n";
  for (const auto& [name, value] : reply.headers) text << name << ": " << value << "\r\n";
  text << "\r\n" << reply.body.substr(0, reply.stop_after.value_or(reply.body.npos));
  send_all(connection, text.str());
  if (!reply.stop_after) return;
  if (reply.then == HttpReply::Then::stall) {
    pollfd wanted[] = {{stop_, POLLIN, 0}, {connection, POLLIN | POLLRDHUP, 0}};
    ::poll(wanted, 2, -1);
  } else if (reply.then == HttpReply::Then::reset) {
    const linger at_once{1, 0};
    ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
}

HttpReply serve_content(const HttpRequest& request, const std::string& content, const std::string& etag) {
  HttpReply reply{.body = content, .headers = {{"ETag", etag}}};
  const auto range = request.headers.find("range");
  const auto if_range = request.headers.find("if-range");
  if (range == request.headers.end() || (if_range != request.headers.end() && if_range->second != etag))
    return reply;
  const std::size_t from = std::stoul(range->second.substr(std::string("bytes=").size()));
  if (from >= content.size()) return {.status = 416};
  reply.status = 206;
  reply.body = content.substr(from);
  reply.headers.emplace_back("Content-Range", "bytes " + std::to_string(from) + "-" +
                                                  std::to_string(content.size() - 1) + "/" +
                                                  std::to_string(content.size()));
  return reply;
}

int dead_port() {
  const auto [fd, port] = bind_free_port();
  ::close(fd);
  return port;
}

}  // namespace movrec::test
