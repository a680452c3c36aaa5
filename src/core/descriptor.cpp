#include "core/descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "movrec/core/shown.hpp"
#include "movrec/core/stop.hpp"

namespace movrec {

Descriptor::Descriptor(
    const std::filesystem::path& path, int flags, ErrorKind kind, std::string_view doing, unsigned mode)
    : fd_(::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode)) {
  const int code = errno;
  if (fd_ < 0 && code == EINTR) check_stop();
  if (fd_ < 0) fail(kind, "cannot {} {}: {}", doing, shown(path.string(), kMostOfPath), errno_text(code));
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

void write_all(int fd, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) {
      check_stop();
      continue;
    }
    if (written < 0) fail(ErrorKind::failure, "cannot write {}: {}", path.string(), errno_text(errno));
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace movrec
