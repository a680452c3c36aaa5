#include "movrec/core/files.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "movrec/core/error.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, ErrorKind kind, std::string_view doing)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) fail(kind, "cannot {} {}: {}", doing, path.string(), errno_text(errno));
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

void write_all(int fd, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(ErrorKind::failure, "cannot write {}: {}", path.string(), errno_text(errno));
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::string read_file(const fs::path& path) {
  const Descriptor file(path, O_RDONLY, ErrorKind::data, "read");
  std::string content;
  struct stat info {};
  if (::fstat(file.get(), &info) == 0 && info.st_size > 0)
    content.reserve(static_cast<std::size_t>(info.st_size));
  char buffer[1 << 16];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(ErrorKind::data, "cannot read {}: {}", path.string(), errno_text(errno));
    if (got == 0) return content;
    content.append(buffer, static_cast<std::size_t>(got));
  }
}

void write_file_atomically(const fs::path& path, const std::function<void(const fs::path&)>& produce) {
  fs::path temporary = path;
  temporary += fmt::format(".tmp{}", ::getpid());
  try {
    produce(temporary);
    {
      const Descriptor file(temporary, O_RDONLY, ErrorKind::failure, "open");
      if (::fsync(file.get()) != 0)
        fail(ErrorKind::failure, "cannot write {}: {}", path.string(), errno_text(errno));
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0)
      fail(ErrorKind::failure, "cannot rename {} to {}: {}", temporary.string(), path.string(),
           errno_text(errno));
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  write_file_atomically(path, [&](const fs::path& temporary) {
    const Descriptor file(temporary, O_WRONLY | O_CREAT | O_TRUNC, ErrorKind::failure, "write");
    write_all(file.get(), content, path);
  });
}

void write_stream_atomically(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  write_file_atomically(path, [&](const fs::path& temporary) {
    std::ofstream file;
    file.exceptions(std::ios::failbit | std::ios::badbit);
    try {
      file.open(temporary, std::ios::binary);
      write(file);
      file.close();
    } catch (const std::ios_base::failure&) {
      fail(ErrorKind::failure, "cannot write {}: {}", path.string(), errno_text(errno));
    }
  });
}

void append_line(const fs::path& path, std::string_view line) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_APPEND, ErrorKind::failure, "write");
  write_all(file.get(), fmt::format("{}\n", line), path);
}

void make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail(ErrorKind::failure, "cannot make the folder {}: {}", path.string(), error.message());
}

MappedFile::MappedFile(const fs::path& path) {
  const Descriptor file(path, O_RDONLY, ErrorKind::data, "read");
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
