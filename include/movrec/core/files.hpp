#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

namespace movrec {

/// The whole file as bytes. Error{data} names the path and the reason.
std::string read_file(const std::filesystem::path&);

/// Writes `content` so that a reader sees the old file or the new one, never a part: temporary file in the
/// same folder, fsync, rename. Error{failure} on any failure (a full disk too), with the temporary file
/// removed.
void write_file_atomically(const std::filesystem::path&, std::string_view content);
/// The same for content that is produced by writing to a path (`produce` gets the temporary path).
void write_file_atomically(const std::filesystem::path&,
                           const std::function<void(const std::filesystem::path& temporary)>& produce);
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
