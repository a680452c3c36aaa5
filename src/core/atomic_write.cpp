#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <ext/stdio_filebuf.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <ostream>
#include <system_error>

#include "core/descriptor.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

constexpr int kMostLinks = 40;  // as the kernel
constexpr std::size_t kMostOfName = 200;
constexpr std::string_view kMark = ".tmp";
constexpr mode_t kPermissions = 07777;

[[noreturn]] void fail_to_write(const fs::path& path, int code) {
  fail(ErrorKind::failure, "cannot write {}: {}", path.string(), errno_text(code));
}

/// Where the bytes for a path belong.
struct Target {
  fs::path file;           ///< behind all symbolic links
  int descriptor = -1;     ///< one of this process's own: /dev/stdout, /dev/fd/63
  bool is_direct = false;  ///< a device, a pipe or a socket: written as it is, for it cannot be replaced
  bool exists = false;
  struct stat info {};
};

/// The number of this process's descriptor that the path names (/proc/self/fd/1), or -1.
int own_descriptor(const fs::path& path) {
  const std::string name = path.filename().string();
  int number = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size() || number < 0) return -1;
  std::error_code absent;
  const std::string folder =
      fs::canonical(path.parent_path().empty() ? "." : path.parent_path(), absent).string();
  const std::string own = fmt::format("/proc/{}/", ::getpid());
  return !absent && folder.starts_with(own) && folder.ends_with("/fd") ? number : -1;
}

Target target_of(const fs::path& path) {
  Target target{.file = path};
  for (int links = 0;; ++links) {
    target.descriptor = own_descriptor(target.file);
    if (target.descriptor >= 0) break;
    if (::lstat(target.file.c_str(), &target.info) != 0) {
      if (errno != ENOENT) fail_to_write(path, errno);
      break;
    }
    target.exists = true;
    if (!S_ISLNK(target.info.st_mode)) break;
    struct stat behind {};
    if (::stat(target.file.c_str(), &behind) == 0 && !S_ISREG(behind.st_mode)) {
      target.info = behind;  // /proc/123/fd/1: there is no name behind it
      break;
    }
    target.exists = false;
    std::error_code error;
    const fs::path next = fs::read_symlink(target.file, error);
    if (error) fail_to_write(path, error.value());
    if (links >= kMostLinks) fail_to_write(path, ELOOP);
    target.file = target.file.parent_path() / next;  // `next` alone, if it is absolute
  }
  if (target.exists && S_ISDIR(target.info.st_mode)) fail_to_write(path, EISDIR);
  target.is_direct = target.descriptor >= 0 || (target.exists && !S_ISREG(target.info.st_mode));
  return target;
}

/// "NAME.tmp123-4", of this process and of nobody else.
fs::path temporary_name(const fs::path& file) {
  static std::atomic<unsigned> number{0};
  return file.parent_path() / fmt::format("{}{}{}-{}", file.filename().string().substr(0, kMostOfName), kMark,
                                          ::getpid(), ++number);
}

/// The process that a temporary file of that name belongs to; 0 if it is none.
pid_t writer_of(const std::string& name, const std::string& beginning) {
  if (!name.starts_with(beginning)) return 0;
  const std::string_view rest = std::string_view(name).substr(beginning.size());
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), pid);
  const std::string_view tail = rest.substr(static_cast<std::size_t>(end - rest.data()));
  const bool is_ours = error == std::errc{} && pid > 0 &&
                       (tail.empty() || (tail.front() == '-' &&
                                         tail.find_first_not_of("0123456789", 1) == std::string_view::npos));
  return is_ours ? pid : 0;
}

/// What processes that were killed while they wrote this file have left beside it. A writer holds a lock, too, for its
/// number says nothing in another container.
void remove_leftovers(const fs::path& file) {
  const std::string beginning = file.filename().string().substr(0, kMostOfName) + std::string(kMark);
  std::error_code error;
  for (fs::directory_iterator it(file.has_parent_path() ? file.parent_path() : ".", error), end;
       !error && it != end; it.increment(error)) {
    const pid_t pid = writer_of(it->path().filename().string(), beginning);
    if (pid == 0 || ::kill(pid, 0) == 0 || errno != ESRCH) continue;
    const int fd = ::open(it->path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) continue;
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) ::unlink(it->path().c_str());
    ::close(fd);
  }
}

/// A new file beside the target that nobody else can have made, or follow a link to.
Descriptor open_temporary(const fs::path& temporary, const Target& target, const fs::path& path) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  // What replaces a private file is private from its first byte on.
  const int fd = ::open(temporary.c_str(), kFlags, target.exists ? 0600 : 0666);
  if (fd < 0) fail_to_write(path, errno);
  ::flock(fd, LOCK_EX | LOCK_NB);
  return Descriptor(fd);
}

/// The rights of the file that is replaced, as far as this process may give them.
void keep_rights(int fd, const Target& target, const fs::path& path) {
  if (!target.exists) return;
  struct stat made {};
  if (::fstat(fd, &made) != 0) fail_to_write(path, errno);
  mode_t mode = target.info.st_mode & kPermissions;
  const bool is_other = made.st_uid != target.info.st_uid || made.st_gid != target.info.st_gid;
  if (is_other && ::fchown(fd, target.info.st_uid, target.info.st_gid) != 0) {
    // The group alone may be given away by its members; what neither has must not run as this process's user.
    const bool has_group = ::fchown(fd, static_cast<uid_t>(-1), target.info.st_gid) == 0;
    mode &= has_group ? 01777U : 01707U;
  }
  if (::fchmod(fd, mode) != 0) fail_to_write(path, errno);
}

void write_file(const fs::path& path, const std::function<void(int fd)>& produce) {
  const Target target = target_of(path);
  if (target.descriptor >= 0) {
    const Descriptor own(::fcntl(target.descriptor, F_DUPFD_CLOEXEC, 0));
    if (own.get() < 0) fail_to_write(path, errno);
    return produce(own.get());
  }
  if (target.is_direct) {
    const Descriptor special(target.file, O_WRONLY, ErrorKind::failure, "write");
    return produce(special.get());
  }
  remove_leftovers(target.file);
  const fs::path temporary = temporary_name(target.file);
  const Descriptor file = open_temporary(temporary, target, path);
  try {
    produce(file.get());
    keep_rights(file.get(), target, path);
    if (::fsync(file.get()) != 0) fail_to_write(path, errno);
    if (::rename(temporary.c_str(), target.file.c_str()) != 0)
      fail(ErrorKind::failure, "cannot rename {} to {}: {}", temporary.string(), target.file.string(),
           errno_text(errno));
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace

void write_file_atomically(const fs::path& path, std::string_view content) {
  write_file(path, [&](int fd) { write_all(fd, content, path); });
}

void write_stream_atomically(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  write_file(path, [&](int fd) {
    constexpr std::size_t kBufferBytes = 1 << 16;
    Descriptor own(::fcntl(fd, F_DUPFD_CLOEXEC, 0));  // the stream closes it
    if (own.get() < 0) fail_to_write(path, errno);
    __gnu_cxx::stdio_filebuf<char> buffer(own.release(), std::ios::out | std::ios::binary, kBufferBytes);
    std::ostream out(&buffer);
    out.exceptions(std::ios::failbit | std::ios::badbit);
    try {
      write(out);
      out.flush();
    } catch (const std::ios_base::failure&) {
      fail_to_write(path, errno);
    }
  });
}

}  // namespace movrec
