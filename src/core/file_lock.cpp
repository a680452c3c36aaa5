#include "movrec/core/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/stop.hpp"

namespace movrec {

std::optional<FileLock> FileLock::try_lock(const std::filesystem::path& path) {
  FileLock lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (lock.fd_ < 0) fail(ErrorKind::failure, "cannot lock {}: {}", path.string(), errno_text(errno));
  while (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    if (errno != EINTR) break;
  }
  return lock;
}

FileLock FileLock::wait_for(const std::filesystem::path& path, std::string_view what) {
  for (bool told = false;; told = true) {
    if (auto lock = try_lock(path)) return std::move(*lock);
    if (!told) log_info("{}: {} is at work; waiting for it", path.string(), what);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    check_stop();
  }
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace movrec
