#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <string>

#include "core/descriptor.hpp"
#include "movrec/core/byte_source.hpp"

namespace movrec {

/// What comes out of an open file, a pipe or a terminal. A stop of the reading thread's run ends a wait, as Interrupted.
class FileBytes final : public ByteSource {
 public:
  /// `name` is for messages.
  FileBytes(Descriptor file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}
  std::size_t read(std::span<char> buffer) override;
  /// How many bytes were read; may be asked from any thread.
  std::size_t n_read() const { return n_read_; }
  /// From another thread: whoever reads is told at once that this is the end.
  void cancel() { is_cancelled_ = true; }

 private:
  Descriptor file_;
  std::string name_;
  std::atomic<std::size_t> n_read_{0};
  std::atomic<bool> is_cancelled_{false};
};

}  // namespace movrec
