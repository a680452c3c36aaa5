#include "fetch/part_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>

#include "movrec/core/digest.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/stop.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostOfNote = 1 << 20;

[[noreturn]] void fail_to_write(const fs::path& path, int code) {
  fail(ErrorKind::failure, "cannot write {}: {}", path.string(), errno_text(code));
}

/// The text that a JSON object has under `key`; empty if it has none.
std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

PartFile::PartFile(fs::path file, const std::string& url)
    : file_(std::move(file)), part_(file_), note_(file_), url_digest_(sha256_hex(url)) {
  part_ += ".part";
  note_ += ".part.json";
  for (bool told = false; !try_lock(); told = true) {
    if (!told) log_info("{} is being downloaded by another run; waiting for it", file_.string());
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    check_stop();
  }
  read_note();
}

bool PartFile::try_lock() {
  fd_ = ::open(part_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
  if (fd_ < 0) {
    const int code = errno;
    if (code != ELOOP) fail_to_write(part_, code);
    throw Error(ErrorKind::failure, fmt::format("cannot write {}: it is a symbolic link", part_.string()), {},
                "remove it");
  }
  struct stat locked {
  }, named{};
  if (::fstat(fd_, &locked) == 0 && !S_ISREG(locked.st_mode)) {
    ::close(fd_);
    fail(ErrorKind::failure, "cannot write {}: it is no regular file", part_.string());
  }
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) {
    // The run that had the lock may have renamed or removed the file that is open here.
    if (::fstat(fd_, &locked) == 0 && ::stat(part_.c_str(), &named) == 0 && locked.st_ino == named.st_ino) {
      size_ = locked.st_size;
      return true;
    }
  } else if (errno != EWOULDBLOCK && errno != EINTR) {
    const int code = errno;
    ::close(fd_);
    fail(ErrorKind::failure, "cannot lock {}: {}", part_.string(), errno_text(code));
  }
  ::close(fd_);
  return false;
}

bool PartFile::can_be_noted(std::string_view validator) {
  return std::ranges::all_of(validator, [](char c) { return c >= 0x20 && c < 0x7F; });
}

void PartFile::read_note() {
  std::error_code error;
  if (size_ > 0 && fs::is_regular_file(note_, error)) {
    const auto note = nlohmann::json::parse(read_file(note_, kMostOfNote), nullptr, false);
    const std::string validator = text_of(note, "validator");
    if (text_of(note, "url_sha256") == url_digest_ && can_be_noted(validator)) validator_ = validator;
  }
  if (validator_.empty() && size_ > 0) restart({});
}

PartFile::~PartFile() {
  if (fd_ < 0) return;
  if (size_ == 0 || validator_.empty())
    remove();
  else
    ::close(fd_);
}

void PartFile::restart(const std::string& validator) {
  if (::ftruncate(fd_, 0) != 0) fail_to_write(part_, errno);
  size_ = 0;
  validator_ = validator;
  std::error_code ignored;
  if (validator.empty())
    fs::remove(note_, ignored);
  else
    write_file_atomically(
        note_, nlohmann::json{{"url_sha256", url_digest_}, {"validator", validator}}.dump() + "\n");
}

void PartFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), size_);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int code = errno;
      remove();  // on a full disk, a part is in the way of everybody
      fail_to_write(part_, code);
    }
    size_ += written;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void PartFile::remove() {
  std::error_code ignored;
  fs::remove(part_, ignored);
  fs::remove(note_, ignored);
  ::close(std::exchange(fd_, -1));  // not earlier: until here no other run may make these files anew
}

void PartFile::finish() {
  if (::fsync(fd_) != 0) fail_to_write(part_, errno);
  if (::rename(part_.c_str(), file_.c_str()) != 0) fail_to_write(file_, errno);
  std::error_code ignored;
  fs::remove(note_, ignored);
  ::close(std::exchange(fd_, -1));
}

}  // namespace movrec
