#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace movrec {

/// The growing FILE.part of a download, locked against other runs for the life of the object. Beside it,
/// FILE.part.json says what the bytes are the beginning of; a part without it is never continued. Error
/// {failure} where it cannot be written.
class PartFile {
 public:
  /// Waits while another run has it.
  PartFile(std::filesystem::path file, const std::string& url);
  /// Keeps the part if a later run can continue it, else removes it.
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  std::int64_t size() const { return size_; }
  /// What the server called this version of the file (ETag or Last-Modified); empty if it cannot be
  /// continued.
  const std::string& validator() const { return validator_; }

  /// Whether it is text that a header and a note can hold: ASCII without control characters.
  static bool can_be_noted(std::string_view validator);

  /// Drops all bytes; those to come belong to the version `validator`.
  void restart(const std::string& validator);
  void append(std::string_view bytes);
  /// Removes part and note, and unlocks; nothing can be appended afterwards.
  void remove();
  const std::filesystem::path& path() const { return part_; }
  /// Makes the part durable and gives it the file's name.
  void finish();

 private:
  bool try_lock();
  void read_note();

  std::filesystem::path file_, part_, note_;
  std::string url_digest_;  ///< not the URL, which may hold a password
  std::string validator_;
  std::int64_t size_ = 0;
  int fd_ = -1;
};

}  // namespace movrec
