#pragma once

#include <cstddef>
#include <span>

namespace movrec {

/// Bytes that come one after the other, once: a file's, a pipe's, or what is unpacked from such.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Puts bytes at the front of `buffer`, which is not empty, and returns how many; 0 at the end only. Error{data} names
  /// where they come from.
  virtual std::size_t read(std::span<char> buffer) = 0;
};

/// Reads until the buffer is full or the source ends; returns how many bytes that were.
inline std::size_t read_fully(ByteSource& source, std::span<char> buffer) {
  std::size_t n = 0;
  while (n < buffer.size()) {
    const std::size_t got = source.read(buffer.subspan(n));
    if (got == 0) break;
    n += got;
  }
  return n;
}

}  // namespace movrec
