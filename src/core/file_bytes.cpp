#include "core/file_bytes.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/core/stop.hpp"

namespace movrec {

std::size_t FileBytes::read(std::span<char> buffer) {
  constexpr int kLookUpMs = 100;  // a signal may go to another thread, whose wait it ends, not this one
  while (!is_cancelled_) {
    check_stop();
    pollfd waited{file_.get(), POLLIN, 0};
    if (::poll(&waited, 1, kLookUpMs) <= 0) continue;
    const ssize_t got = ::read(file_.get(), buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) fail(ErrorKind::data, "cannot read {}: {}", shown(name_, kMostOfPath), errno_text(errno));
    n_read_ += static_cast<std::size_t>(got);
    return static_cast<std::size_t>(got);
  }
  return 0;
}

}  // namespace movrec
