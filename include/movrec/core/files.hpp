#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace movrec {

/// The whole file as bytes, or all that comes out of a pipe. Error{data} names the path and the reason; one is that it
/// holds more than `most_bytes`, which is noticed before more is read.
std::string read_file(const std::filesystem::path&,
                      std::size_t most_bytes = std::numeric_limits<std::size_t>::max());

/// Writes `content` so that a reader sees the old file or the new one, never a part: temporary file in the same folder,
/// fsync, rename. Symbolic links stay and their target is replaced, which keeps its mode and owner; what is no regular
/// file (a device, a pipe, /dev/stdout) is written to as it is. Error{failure} on any failure (a full disk too), with
/// the temporary file removed; those of processes that were killed go at the next writing of the same file.
void write_file_atomically(const std::filesystem::path&, std::string_view content);
/// The same for content that is written to a stream, piece by piece.
void write_stream_atomically(const std::filesystem::path&, const std::function<void(std::ostream&)>& write);

/// Appends one line and flushes it to the system. Error{failure}.
void append_line(const std::filesystem::path&, std::string_view line);

/// Makes the folder and its parents. Error{failure} names it and the reason.
void make_directories(const std::filesystem::path&);

/// A file's bytes, mapped read-only for the life of the object. Error{data}.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path&);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::string_view text() const { return {static_cast<const char*>(data_), size_}; }
  /// Gives the memory of bytes [begin, end) back to the system; who reads them again waits for the file.
  void forget(std::size_t begin, std::size_t end) const;

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace movrec
