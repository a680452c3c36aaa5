#include "data/text_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "data/encodings.hpp"
#include "data/file_kinds.hpp"
#include "data/input_file.hpp"
#include "fetch/decompress.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/fetch/archive.hpp"

namespace movrec {
namespace {

constexpr std::string_view kZipMagic = "PK\x03\x04", kEmptyZipMagic = "PK\x05\x06";
constexpr std::size_t kMostLayers = 3;  ///< compressed within compressed

/// Bytes whose beginning was looked at.
class HeadedBytes final : public ByteSource {
 public:
  explicit HeadedBytes(std::unique_ptr<ByteSource> bytes)
      : bytes_(std::move(bytes)), head_(kHeadBytes, '\0') {
    head_.resize(read_fully(*bytes_, head_));
  }
  std::string_view head() const { return head_; }
  std::size_t read(std::span<char> buffer) override {
    if (at_ == head_.size()) return bytes_->read(buffer);
    const std::size_t n = head_.copy(buffer.data(), buffer.size(), at_);
    at_ += n;
    return n;
  }

 private:
  std::unique_ptr<ByteSource> bytes_;
  std::string head_;
  std::size_t at_ = 0;
};

class MemoryBytes final : public ByteSource {
 public:
  explicit MemoryBytes(std::string_view bytes) : rest_(bytes) {}
  std::size_t read(std::span<char> buffer) override {
    const std::size_t n = rest_.copy(buffer.data(), buffer.size());
    rest_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view rest_;
};

/// A member of a zip, with the zip.
class ZippedBytes final : public ByteSource {
 public:
  ZippedBytes(std::unique_ptr<Archive> archive, std::string_view member)
      : archive_(std::move(archive)), member_(archive_->stream(member)) {}
  std::size_t read(std::span<char> buffer) override { return member_->read(buffer); }

 private:
  std::unique_ptr<Archive> archive_;
  std::unique_ptr<ByteSource> member_;
};

bool is_zip(std::string_view head) {
  return head.starts_with(kZipMagic) || head.starts_with(kEmptyZipMagic);
}

bool is_plain(std::string_view head) {
  return compression_of(head) == nullptr && utf16_of(head) == Utf16::none && !is_zip(head);
}

std::string shown_name(const TextSource& source) {
  return shown(source.name, kMostOfPath);
}

void check_head(std::string_view head, const TextSource& source) {
  if (head.empty() || head == kUtf8Bom) fail(ErrorKind::data, "{} is empty", shown_name(source));
  refuse_foreign_kind(head, source.name);
}

void open_stream(TextSource& source, std::unique_ptr<HeadedBytes> bytes) {
  for (std::size_t n_layers = 0;; ++n_layers) {
    check_head(bytes->head(), source);
    if (is_zip(bytes->head()))
      throw Error(
          ErrorKind::data,
          fmt::format("{}: a zip cannot be read from a pipe or from within another file", shown_name(source)),
          {}, "unpack it first, or save the zip and name it: ‹data› FILE");
    const Compression* const compression = compression_of(bytes->head());
    if (compression == nullptr) break;
    if (n_layers == kMostLayers)
      fail(ErrorKind::data, "{} is compressed more than {} times over", shown_name(source), kMostLayers);
    source.layers.push_back(compression->name);
    bytes = std::make_unique<HeadedBytes>(compression->unpack(std::move(bytes), source.name));
  }
  if (const Utf16 order = utf16_of(bytes->head()); order != Utf16::none) {
    source.layers.push_back("UTF-16");
    bytes = std::make_unique<HeadedBytes>(utf8_of_utf16(std::move(bytes), order, source.name));
    check_head(bytes->head(), source);
  }
  source.lines = std::make_unique<StreamedLines>(std::move(bytes), source.file);
}

void open_zip(TextSource& source, const std::filesystem::path& path) {
  std::unique_ptr<Archive> archive = Archive::open(path);
  const std::vector<std::string> names = archive->names();
  refuse_foreign_zip(names, source.name);
  if (names.empty()) fail(ErrorKind::data, "{} is a zip without files", shown_name(source));
  if (names.size() > 1)
    throw Error(ErrorKind::data, fmt::format("{} is a zip of {} files", shown_name(source), names.size()),
                fmt::format("it holds {}", shown(fmt::format("{}", fmt::join(names, ", ")))),
                fmt::format("unpack the file of ratings: unzip '{}'", shown_name(source)));
  source.layers.push_back("zip");
  source.n_bytes = archive->n_bytes(names.front());
  open_stream(source, std::make_unique<HeadedBytes>(
                          std::make_unique<ZippedBytes>(std::move(archive), names.front())));
}

}  // namespace

TextSource open_text(const std::string& path) {
  InputFile input = open_input(path);
  TextSource source{.name = std::move(input.name), .n_bytes = input.n_bytes};
  auto file = std::make_unique<FileBytes>(std::move(input.file), source.name);
  FileBytes* const file_alone = file.get();
  auto bytes = std::make_unique<HeadedBytes>(std::move(file));
  const bool is_file = !input.path.empty();
  if (is_file && is_zip(bytes->head())) {
    open_zip(source, input.path);
  } else if (is_file && is_plain(bytes->head())) {
    check_head(bytes->head(), source);
    source.lines = std::make_unique<MappedLines>(std::make_unique<MappedFile>(input.path));
  } else {
    source.file = file_alone;
    open_stream(source, std::move(bytes));
  }
  return source;
}

TextSource open_text(std::string_view bytes, std::string name) {
  TextSource source{.name = std::move(name), .n_bytes = bytes.size()};
  const std::string_view head = bytes.substr(0, kHeadBytes);
  if (is_plain(head)) {
    check_head(head, source);
    source.lines = std::make_unique<MappedLines>(bytes);
  } else {
    open_stream(source, std::make_unique<HeadedBytes>(std::make_unique<MemoryBytes>(bytes)));
  }
  return source;
}

TextSource open_text(std::unique_ptr<ByteSource> bytes, std::string name) {
  TextSource source{.name = std::move(name)};
  open_stream(source, std::make_unique<HeadedBytes>(std::move(bytes)));
  return source;
}

}  // namespace movrec
