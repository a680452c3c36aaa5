#include "data/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>
#include <set>
#include <utility>

#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

/// Whether this pipe or terminal is opened for the first time by this process, to which its bytes belong as a whole.
bool is_first_opening(const struct stat& info) {
  static std::mutex mutex;
  static std::set<std::pair<dev_t, ino_t>> opened;
  const std::lock_guard lock(mutex);
  return opened.emplace(info.st_dev, info.st_ino).second;
}

/// Whether standard input is a file of which nobody has read the beginning: it can be opened anew, and again.
bool is_whole_file_on_standard_input() {
  struct stat info {};
  return ::fstat(STDIN_FILENO, &info) == 0 && S_ISREG(info.st_mode) &&
         ::lseek(STDIN_FILENO, 0, SEEK_CUR) == 0;
}

Descriptor copy_of_standard_input() {
  const int copy = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw Error(ErrorKind::data, "standard input is closed", {}, "name a file: ‹data› FILE");
  return Descriptor(copy);
}

}  // namespace

InputFile open_input(const std::string& path) {
  const bool is_stdin = path == "-", is_stream = is_stdin && !is_whole_file_on_standard_input();
  const std::string opened = is_stdin ? "/dev/stdin" : path;
  InputFile input{
      is_stdin ? "standard input" : path,
      {},
      0,
      is_stream ? copy_of_standard_input() : Descriptor(opened, O_RDONLY, ErrorKind::data, "read")};
  const std::string name = shown(input.name, kMostOfPath);
  struct stat info {};
  if (::fstat(input.file.get(), &info) != 0)
    fail(ErrorKind::data, "cannot read {}: {}", name, errno_text(errno));
  if (S_ISDIR(info.st_mode))
    throw Error(ErrorKind::data, fmt::format("cannot read {}: it is a folder", name), {},
                fmt::format("name the file in it: ls '{}'", name));
  if (S_ISREG(info.st_mode)) {
    input.n_bytes = static_cast<std::size_t>(info.st_size);
    if (!is_stream) input.path = opened;
  } else if ((S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode) || ::isatty(input.file.get())) &&
             !is_first_opening(info)) {
    throw Error(ErrorKind::data, fmt::format("{} was read before and cannot be read again", name),
                "what comes through a pipe comes once", "save it to a file, and name that");
  }
  return input;
}

}  // namespace movrec
