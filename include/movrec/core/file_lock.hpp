#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace movrec {

/// What only one process may do at a time to a file or a folder, as long as the object lives. The system gives it free
/// when the process ends, however it ends. On file systems without locks everybody gets it.
class FileLock {
 public:
  /// None while another process, or another object of this one, holds it. Error{failure} if there is no such file.
  static std::optional<FileLock> try_lock(const std::filesystem::path&);
  /// Waits for it, saying once that `what` is at work; a signal ends the waiting.
  static FileLock wait_for(const std::filesystem::path&, std::string_view what);

  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace movrec
