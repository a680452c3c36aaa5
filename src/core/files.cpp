#include "movrec/core/files.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/descriptor.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/core/stop.hpp"

namespace movrec {
namespace fs = std::filesystem;
std::string read_file(const fs::path& path, std::size_t most_bytes) {
  const auto refuse = [&] {
    constexpr std::size_t kMega = 1 << 20;
    fail(ErrorKind::data, "cannot read {}: it holds more than {}", path.string(),
         most_bytes % kMega == 0 ? fmt::format("{} MB", most_bytes / kMega)
                                 : fmt::format("{} bytes", most_bytes));
  };
  const Descriptor file(path, O_RDONLY, ErrorKind::data, "read");
  std::string content;
  struct stat info {};
  if (::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
    if (static_cast<std::size_t>(info.st_size) > most_bytes) refuse();
    content.reserve(static_cast<std::size_t>(info.st_size));
  }
  char buffer[1 << 16];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) {
      check_stop();
      continue;
    }
    if (got < 0) fail(ErrorKind::data, "cannot read {}: {}", path.string(), errno_text(errno));
    if (got == 0) return content;
    if (static_cast<std::size_t>(got) > most_bytes - content.size()) refuse();
    content.append(buffer, static_cast<std::size_t>(got));
  }
}

void append_line(const fs::path& path, std::string_view line) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_APPEND, ErrorKind::failure, "write");
  write_all(file.get(), fmt::format("{}\n", line), path);
}

void make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    fail(ErrorKind::failure, "cannot make the folder {}: {}", shown(path.string(), kMostOfPath),
         error.message());
}

MappedFile::MappedFile(const fs::path& path) {
  // A pipe is refused at once, not when somebody writes to it.
  const Descriptor file(path, O_RDONLY | O_NONBLOCK, ErrorKind::data, "read");
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
    fail(ErrorKind::data, "cannot read {}: not a regular file", path.string());
  size_ = static_cast<std::size_t>(info.st_size);
  if (size_ == 0) return;
  data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data_ == MAP_FAILED) {
    data_ = nullptr;
    fail(ErrorKind::data, "cannot map {}: {}", path.string(), errno_text(errno));
  }
}

void MappedFile::forget(std::size_t begin, std::size_t end) const {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  begin = (begin + page - 1) / page * page;
  end = std::min(end, size_) / page * page;
  if (begin < end) ::madvise(static_cast<char*>(data_) + begin, end - begin, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace movrec
