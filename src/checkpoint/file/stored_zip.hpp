#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace movrec {

/// The records of a zip file that compresses nothing, as PyTorch's are. Views into the file's content: nothing
/// is copied, and no record is larger than the file. Error{model} for any other file.
class StoredZip {
 public:
  explicit StoredZip(std::string_view content);

  struct Record {
    std::string_view name, content;
    std::uint32_t crc = 0;
  };
  /// Null where there is none of that name.
  const Record* find(std::string_view name) const;

 private:
  std::vector<Record> records_;  ///< by ascending name
};

/// Writes such a file piece by piece. What a record holds begins at a multiple of 64 bytes, so that the file
/// can be mapped. The stream is expected to throw when it cannot write.
class StoredZipWriter {
 public:
  explicit StoredZipWriter(std::ostream& out) : out_(out) {}
  void add(std::string_view name, std::string_view content);
  /// After the last record.
  void finish();

 private:
  void write(std::string_view bytes);

  std::ostream& out_;
  std::uint64_t at_ = 0, n_records_ = 0;
  std::string directory_;
};

}  // namespace movrec
