#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "movrec/core/error.hpp"

namespace movrec {

/// An open file, closed at the end.
class Descriptor {
 public:
  /// Opens with close-on-exec; a pipe waits for its other end, and a signal ends that. Error of `kind`: "cannot DOING
  /// PATH: REASON".
  Descriptor(
      const std::filesystem::path&, int flags, ErrorKind kind, std::string_view doing, unsigned mode = 0666);
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// All of it. Error{failure} names `path` and the reason.
void write_all(int fd, std::string_view content, const std::filesystem::path& path);

}  // namespace movrec
