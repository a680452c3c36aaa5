#include "support/zip_builder.hpp"

#include <zip.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace movrec::test {
namespace {

void require(bool ok, const std::string& what) {
  if (!ok) throw std::runtime_error("zip builder: " + what);
}

}  // namespace

void write_zip(const std::filesystem::path& path, const std::vector<ZipEntry>& entries) {
  zip_t* zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  require(zip != nullptr, "cannot make " + path.string());
  for (const ZipEntry& entry : entries) {
    zip_int64_t number = -1;
    if (entry.name.ends_with('/')) {
      number = zip_dir_add(zip, entry.name.c_str(), ZIP_FL_ENC_UTF_8);
    } else {
      zip_source_t* source = zip_source_buffer(zip, entry.content.data(), entry.content.size(), 0);
      number = zip_file_add(zip, entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    }
    require(number >= 0, "cannot add " + entry.name);
    const auto at = static_cast<zip_uint64_t>(number);
    zip_set_file_compression(zip, at, entry.deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 9);
    if (entry.mode != 0) zip_file_set_external_attributes(zip, at, 0, ZIP_OPSYS_UNIX, entry.mode << 16);
    if (entry.encrypted)
      require(zip_file_set_encryption(zip, at, ZIP_EM_AES_256, "secret") == 0, "cannot encrypt");
  }
  require(zip_close(zip) == 0, "cannot write " + path.string());
}

void patch_file(const std::filesystem::path& path, const std::string& from, const std::string& to) {
  require(from.size() == to.size(), "a patch must keep the length");
  std::stringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  std::string text = bytes.str();
  std::size_t n_found = 0;
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size(), ++n_found)
    text.replace(at, from.size(), to);
  require(n_found > 0, "nothing to patch");
  write_text(path, text);
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace movrec::test
