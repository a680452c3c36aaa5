#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace movrec::test {

/// An entry of a zip that a test makes. A name that ends in '/' makes a folder entry.
struct ZipEntry {
  std::string name, content{};
  std::uint32_t mode = 0;  ///< Unix type and permissions, e.g. S_IFLNK | 0777; 0: libzip's own
  bool encrypted = false;
  bool deflated = true;
};

/// Writes a zip of any entries, also of those that an honest tool would not write.
void write_zip(const std::filesystem::path&, const std::vector<ZipEntry>&);

/// Replaces every occurrence of `from` in the file, which must have at least one, by `to` of the same length.
void patch_file(const std::filesystem::path&, const std::string& from, const std::string& to);

void write_text(const std::filesystem::path&, const std::string&);

}  // namespace movrec::test
