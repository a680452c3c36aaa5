#include "movrec/fetch/archive.hpp"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/descriptor.hpp"
#include "core/file_bytes.hpp"
#include "movrec/core/error.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMaxMemberBytes = std::uint64_t{4} << 30;
constexpr std::uint64_t kMaxTotalBytes = std::uint64_t{16} << 30;
constexpr std::uint64_t kMaxRatio = 200;
constexpr int kMaxFolderDepth = 3;

/// The parts of a name between slashes, without empty ones and ".".
std::vector<std::string_view> name_parts(std::string_view name) {
  std::vector<std::string_view> parts;
  while (!name.empty()) {
    const std::string_view part = name.substr(0, name.find('/'));
    if (!part.empty() && part != ".") parts.push_back(part);
    name.remove_prefix(std::min(part.size() + 1, name.size()));
  }
  return parts;
}

bool is_ignored(const std::vector<std::string_view>& parts) {
  return std::ranges::any_of(parts, [](std::string_view p) { return p.front() == '.' || p == "__MACOSX"; });
}

/// Where the files of one base name lie. `Where` is what the archive reads a file by.
template <class Where>
class Index {
 public:
  void add(const std::vector<std::string_view>& parts, Where where) {
    Entry& entry = entries_[std::string(parts.back())];
    if (entry.places.empty() || parts.size() < entry.depth) entry = {parts.size(), {}};
    if (parts.size() == entry.depth)
      entry.places.push_back({fmt::format("{}", fmt::join(parts, "/")), where});
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries_) names.push_back(name);
    return names;
  }
  bool contains(std::string_view name) const { return entries_.find(name) != entries_.end(); }
  /// The full name and place of the one file that is meant.
  const std::pair<std::string, Where>& find(const fs::path& archive, std::string_view name) const {
    const auto found = entries_.find(name);
    if (found == entries_.end()) fail(ErrorKind::data, "{} has no file '{}'", archive.string(), name);
    const auto& places = found->second.places;
    if (places.size() > 1)
      fail(ErrorKind::data, "{} has two files '{}': {} and {}", archive.string(), name, places[0].first,
           places[1].first);
    return places[0];
  }

 private:
  struct Entry {
    std::size_t depth = 0;
    std::vector<std::pair<std::string, Where>> places;
  };
  std::map<std::string, Entry, std::less<>> entries_;
};

class FolderArchive : public Archive {
 public:
  explicit FolderArchive(const fs::path& folder) : folder_(folder) {
    try {
      scan();
    } catch (const fs::filesystem_error& error) {
      fail(ErrorKind::data, "cannot read the folder {}: {}", error.path1().string(), error.code().message());
    }
  }

  std::vector<std::string> names() const override { return index_.names(); }
  bool contains(std::string_view name) const override { return index_.contains(name); }
  std::unique_ptr<ByteSource> stream(std::string_view name) const override {
    const fs::path& path = index_.find(folder_, name).second;
    return std::make_unique<FileBytes>(Descriptor(path, O_RDONLY, ErrorKind::data, "read"), path.string());
  }
  std::size_t n_bytes(std::string_view name) const override {
    std::error_code gone;
    const std::uintmax_t size = fs::file_size(index_.find(folder_, name).second, gone);
    return gone ? 0 : static_cast<std::size_t>(size);
  }
  std::string describe(std::string_view name) const override {
    return index_.contains(name) ? index_.find(folder_, name).second.string()
                                 : (folder_ / std::string(name)).string();
  }

 private:
  void scan() {
    for (auto it = fs::recursive_directory_iterator(folder_); it != fs::recursive_directory_iterator();
         ++it) {
      const std::string relative = it->path().lexically_relative(folder_).generic_string();
      const auto parts = name_parts(relative);
      if (it->is_directory() && (is_ignored(parts) || it.depth() + 1 >= kMaxFolderDepth))
        it.disable_recursion_pending();
      if (it->is_regular_file() && !is_ignored(parts)) index_.add(parts, it->path());
    }
  }

  fs::path folder_;
  Index<fs::path> index_;
};

/// A name from a foreign archive, fit for a terminal.
std::string printable(std::string_view name) {
  std::string text(name.substr(0, 200));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

/// Why an entry of this name is refused; empty if it is not.
std::string_view why_name_is_refused(std::string_view name) {
  if (name.empty()) return "it has no name";
  if (name.find('\\') != name.npos) return "its name has a backslash";
  if (name.front() == '/' || (name.size() > 1 && name[1] == ':')) return "its name is absolute";
  if (std::ranges::any_of(name_parts(name), [](std::string_view part) { return part == ".."; }))
    return "its name leads out of the archive";
  if (printable(name) != name.substr(0, 200)) return "its name has control characters";
  return {};
}

class ZipArchive : public Archive {
 public:
  explicit ZipArchive(const fs::path& path) : path_(path), archive_bytes_(fs::file_size(path)) {
    int code = 0;
    // Not ZIP_CHECKCONS: it refuses the honest output of `zip -r - folder | …`. Damage shows when a member is
    // read, and duplicates and shared bytes are looked for below.
    zip_.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (!zip_) {
      zip_error_t error;
      zip_error_init_with_code(&error, code);
      const std::string why = zip_error_strerror(&error);
      const bool is_unreadable = zip_error_system_type(&error) == ZIP_ET_SYS;
      zip_error_fini(&error);
      if (is_unreadable) fail(ErrorKind::data, "cannot read {}: {}", path.string(), why);
      throw Error(ErrorKind::data,
                  fmt::format("{} is not a readable zip: it is damaged or cut short", path.string()), why,
                  "remove it and download it again");
    }
    scan();
  }

  std::vector<std::string> names() const override { return index_.names(); }
  bool contains(std::string_view name) const override { return index_.contains(name); }

  std::unique_ptr<ByteSource> stream(std::string_view name) const override {
    const auto& [full_name, place] = index_.find(path_, name);
    return std::make_unique<ZipMember>(*this, full_name, place);
  }
  std::size_t n_bytes(std::string_view name) const override { return index_.find(path_, name).second.size; }
  std::string describe(std::string_view name) const override {
    return fmt::format("{}:{}", path_.filename().string(), name);
  }

 private:
  struct Place {
    zip_uint64_t number;
    std::size_t size;
  };

  class ZipMember final : public ByteSource {
   public:
    ZipMember(const ZipArchive& archive, std::string name, Place place)
        : archive_(archive), name_(std::move(name)), n_left_(place.size) {
      file_.reset(zip_fopen_index(archive.zip_.get(), place.number, ZIP_FL_UNCHANGED));
      if (!file_) archive_.refuse(name_, zip_strerror(archive.zip_.get()));
    }
    std::size_t read(std::span<char> buffer) override {
      if (has_ended_) return 0;
      // libzip compares the CRC when it reaches the end, not before.
      const zip_int64_t got = zip_fread(file_.get(), buffer.data(), buffer.size());
      if (got < 0) archive_.refuse(name_, zip_file_strerror(file_.get()));
      const auto n = static_cast<std::size_t>(got);
      if (n > n_left_) archive_.refuse(name_, "it is longer than the archive says");
      if (n == 0 && n_left_ > 0) archive_.refuse(name_, "it is shorter than the archive says");
      n_left_ -= n;
      has_ended_ = n == 0;
      return n;
    }

   private:
    struct Close {
      void operator()(zip_file_t* file) const { zip_fclose(file); }
    };
    const ZipArchive& archive_;
    std::string name_;
    std::size_t n_left_;
    std::unique_ptr<zip_file_t, Close> file_;
    bool has_ended_ = false;
  };

  [[noreturn]] void refuse(std::string_view entry, std::string_view why) const {
    throw Error(ErrorKind::data, fmt::format("{}: entry '{}' is refused", path_.string(), printable(entry)),
                std::string(why));
  }

  void scan() {
    std::set<std::string> seen;
    std::uint64_t total = 0, compressed_total = 0;
    const zip_int64_t n_entries = zip_get_num_entries(zip_.get(), ZIP_FL_UNCHANGED);
    for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(n_entries); ++i) {
      zip_stat_t info;
      if (zip_stat_index(zip_.get(), i, ZIP_FL_UNCHANGED | ZIP_FL_ENC_RAW, &info) != 0)
        refuse(fmt::format("number {}", i), zip_strerror(zip_.get()));
      const std::string name = info.name;
      if (const auto why = why_name_is_refused(name); !why.empty()) refuse(name, why);
      if (!seen.insert(name).second) refuse(name, "the archive has two entries of this name");
      check_kind(i, name, info);
      if (info.size > kMaxMemberBytes) refuse(name, "it is larger than 4 GiB");
      if (info.comp_size > archive_bytes_) refuse(name, "it is larger than the archive");
      total += info.size;
      compressed_total += info.comp_size;
      if (total > kMaxTotalBytes) refuse(name, "the archive's files are larger than 16 GiB");
      if (info.size > kMaxRatio * info.comp_size)
        refuse(name, "it unpacks to over 200 times its compressed size");
      // Entries that share their compressed bytes multiply without a high ratio of their own.
      if (compressed_total > archive_bytes_) refuse(name, "it shares its bytes with another entry");
      const auto parts = name_parts(name);
      if (name.back() != '/' && !parts.empty() && !is_ignored(parts))
        index_.add(parts, {i, static_cast<std::size_t>(info.size)});
    }
  }

  void check_kind(zip_uint64_t i, const std::string& name, const zip_stat_t& info) const {
    if (info.encryption_method != ZIP_EM_NONE) refuse(name, "it is encrypted");
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    zip_file_get_external_attributes(zip_.get(), i, ZIP_FL_UNCHANGED, &system, &attributes);
    const mode_t type = (attributes >> 16) & S_IFMT;  // zero in archives made without Unix modes
    if (type == S_IFLNK) refuse(name, "it is a symbolic link");
    if (type != 0 && type != S_IFREG && type != S_IFDIR) refuse(name, "it is not a regular file");
  }

  fs::path path_;
  std::uint64_t archive_bytes_;
  struct Discard {
    void operator()(zip_t* zip) const { zip_discard(zip); }
  };
  std::unique_ptr<zip_t, Discard> zip_;
  Index<Place> index_;
};

}  // namespace

std::string Archive::read(std::string_view base_name) const {
  const std::unique_ptr<ByteSource> source = stream(base_name);
  std::string bytes;
  bytes.reserve(n_bytes(base_name));
  std::array<char, std::size_t{1} << 16> piece;
  while (const std::size_t n = source->read(piece)) bytes.append(piece.data(), n);
  return bytes;
}

std::unique_ptr<Archive> Archive::open(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    fail(ErrorKind::data, "cannot open {}: {}", path.string(), errno_text(ENOENT));
  if (error) fail(ErrorKind::data, "cannot open {}: {}", path.string(), error.message());
  if (status.type() == fs::file_type::directory) return std::make_unique<FolderArchive>(path);
  if (status.type() == fs::file_type::regular) return std::make_unique<ZipArchive>(path);
  fail(ErrorKind::data, "cannot open {}: neither a folder nor a regular file", path.string());
}

}  // namespace movrec
