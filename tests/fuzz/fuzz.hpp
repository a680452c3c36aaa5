#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "movrec/core/error.hpp"

namespace movrec::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// What must hold for any input; a fuzzer takes the abort for a find.
inline void require(bool holds) {
  if (!holds) std::abort();
}

/// Bad input is an Error, whose text a terminal can show; anything else that is thrown is a find.
template <class Body>
void may_fail(Body&& body) {
  try {
    std::forward<Body>(body)();
  } catch (const Error& error) {
    for (const std::string* text : {&error.message(), &error.why(), &error.remedy()}) {
      require(text->size() < 20'000);
      for (const char c : *text) require(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
    }
  }
}

/// Bytes under a path, without a disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    require(fd_ >= 0);
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      require(written > 0);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace movrec::fuzz
