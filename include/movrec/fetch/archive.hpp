#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/core/byte_source.hpp"

namespace movrec {

/// A folder or a zip as a set of named files. Zips are read member by member and never unpacked: a member's
/// name is only ever compared, so that no entry can write outside. Everything suspicious is Error{data} in
/// one line: traversal or absolute names, symlinks, encrypted or duplicate entries, a wrong CRC, a truncated
/// file, members beyond 4 GiB or 16 GiB in total, a compression ratio beyond 200.
///
/// Folders are looked through three levels deep. Hidden files and macOS's `__MACOSX` are left out of both.
/// One thread at a time.
class Archive {
 public:
  /// Error{data} if the path is neither a folder nor a readable zip.
  static std::unique_ptr<Archive> open(const std::filesystem::path&);
  virtual ~Archive() = default;

  /// Base names of the files, wherever in the tree they lie ("ratings.dat" for "ml-1m/ratings.dat"), sorted,
  /// each once.
  virtual std::vector<std::string> names() const = 0;
  virtual bool contains(std::string_view base_name) const = 0;
  /// The file's bytes. Of several with this name the one nearest to the top is meant; two equally near ones
  /// are an error. Error{data} if it is absent, ambiguous or damaged.
  std::string read(std::string_view base_name) const;
  /// The same bytes one after the other, in bounded memory; the archive must outlive them. What is damaged shows as they
  /// are read.
  virtual std::unique_ptr<ByteSource> stream(std::string_view base_name) const = 0;
  /// How many bytes they are.
  virtual std::size_t n_bytes(std::string_view base_name) const = 0;
  /// "ml-1m.zip:ratings.dat", for messages; in a folder the file's path.
  virtual std::string describe(std::string_view base_name) const = 0;
};

}  // namespace movrec
