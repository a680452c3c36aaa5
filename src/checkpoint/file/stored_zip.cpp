#include "checkpoint/file/stored_zip.hpp"

#include <algorithm>
#include <concepts>
#include <cstring>
#include <limits>
#include <ostream>

#include "checkpoint/file/crc32.hpp"
#include "checkpoint/file/refused.hpp"

// The layout and the names of fields: PKWARE, APPNOTE.TXT 6.3, sections 4.3 and 4.5.3.
namespace movrec {
namespace {

constexpr std::string_view kLocalHeader = "PK\x03\x04", kCentralHeader = "PK\x01\x02",
                           kEndRecord = "PK\x05\x06", kEndRecord64 = "PK\x06\x06",
                           kEndLocator64 = "PK\x06\x07";
constexpr std::size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kEndSize64 = 56, kLocatorSize64 = 20;
constexpr std::uint16_t kZip64Extra = 1, kPaddingExtra = 0x4246;
constexpr std::uint32_t kIn64 = std::numeric_limits<std::uint32_t>::max();  ///< see the 64-bit field

std::string_view part(std::string_view content, std::uint64_t begin, std::uint64_t size) {
  if (begin > content.size() || size > content.size() - begin) refuse_damaged();
  return content.substr(begin, size);
}

template <std::unsigned_integral T>
T number_at(std::string_view content, std::uint64_t at) {
  T value{};
  std::memcpy(&value, part(content, at, sizeof value).data(), sizeof value);
  return value;
}

std::string_view part_signed(std::string_view content,
                             std::uint64_t begin,
                             std::uint64_t size,
                             std::string_view signature) {
  const std::string_view found = part(content, begin, size);
  if (!found.starts_with(signature)) refuse_damaged();
  return found;
}

/// Replaces the numbers that stand for "see there" by those of the 64-bit extra field, which holds just them.
void read_zip64_extra(std::string_view extra, std::initializer_list<std::uint64_t*> numbers) {
  for (std::uint64_t at = 0; at < extra.size();) {
    const auto id = number_at<std::uint16_t>(extra, at);
    const std::string_view field = part(extra, at + 4, number_at<std::uint16_t>(extra, at + 2));
    at += 4 + field.size();
    if (id != kZip64Extra) continue;
    std::uint64_t in_field = 0;
    for (std::uint64_t* number : numbers)
      if (*number == kIn64) *number = number_at<std::uint64_t>(field, in_field), in_field += 8;
    return;
  }
}

/// Where the central directory lies.
struct Directory {
  std::uint64_t begin = 0, size = 0, n_records = 0;
};

/// Of an archive whose end record is the very end of the file: one that is cut or has grown is no archive.
Directory find_directory(std::string_view content) {
  if (content.size() < kEndSize) refuse_damaged();
  const std::uint64_t end_at = content.size() - kEndSize;
  const std::string_view end = part_signed(content, end_at, kEndSize, kEndRecord);
  Directory directory{number_at<std::uint32_t>(end, 16), number_at<std::uint32_t>(end, 12),
                      number_at<std::uint16_t>(end, 10)};
  std::uint64_t directory_end = end_at;
  if (end_at >= kLocatorSize64 &&
      content.substr(end_at - kLocatorSize64, kEndLocator64.size()) == kEndLocator64) {
    directory_end = number_at<std::uint64_t>(content, end_at - kLocatorSize64 + 8);
    const std::string_view end64 = part_signed(content, directory_end, kEndSize64, kEndRecord64);
    directory = {number_at<std::uint64_t>(end64, 48), number_at<std::uint64_t>(end64, 40),
                 number_at<std::uint64_t>(end64, 32)};
  }
  if (directory.begin > directory_end || directory.size != directory_end - directory.begin) refuse_damaged();
  return directory;
}

template <std::unsigned_integral T>
void put(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// The fields that the local and the central header share, from the version on.
void put_header(
    std::string& to, std::uint32_t crc, std::uint64_t size, std::string_view name, std::size_t extra) {
  constexpr std::uint16_t kVersion = 45, kUtf8 = 1 << 11, kStored = 0, kTime = 0, kDate = (1 << 5) | 1;
  const std::uint32_t size32 = size < kIn64 ? static_cast<std::uint32_t>(size) : kIn64;
  for (const std::uint16_t number : {kVersion, kUtf8, kStored, kTime, kDate}) put(to, number);
  for (const std::uint32_t number : {crc, size32, size32}) put(to, number);
  put(to, static_cast<std::uint16_t>(name.size()));
  put(to, static_cast<std::uint16_t>(extra));
}

/// The 64-bit extra field of these numbers; "" of none.
std::string zip64_extra(const std::vector<std::uint64_t>& numbers) {
  std::string extra;
  if (numbers.empty()) return extra;
  put(extra, kZip64Extra);
  put(extra, static_cast<std::uint16_t>(8 * numbers.size()));
  for (const std::uint64_t number : numbers) put(extra, number);
  return extra;
}

}  // namespace

StoredZip::StoredZip(std::string_view content) {
  const Directory directory = find_directory(content);
  const std::string_view before = content.substr(0, directory.begin);
  const std::string_view headers = content.substr(directory.begin, directory.size);
  for (std::uint64_t at = 0; at < headers.size();) {
    const std::string_view header = part_signed(headers, at, kCentralSize, kCentralHeader);
    const auto name_size = number_at<std::uint16_t>(header, 28),
               extra_size = number_at<std::uint16_t>(header, 30),
               comment_size = number_at<std::uint16_t>(header, 32);
    const std::string_view name = part(headers, at + kCentralSize, name_size);
    const std::string_view extra = part(headers, at + kCentralSize + name_size, extra_size);
    at += kCentralSize +
          part(headers, at + kCentralSize, std::uint64_t{name_size} + extra_size + comment_size).size();

    std::uint64_t size = number_at<std::uint32_t>(header, 24), stored = number_at<std::uint32_t>(header, 20),
                  offset = number_at<std::uint32_t>(header, 42);
    read_zip64_extra(extra, {&size, &stored, &offset});
    const bool encrypted = (number_at<std::uint16_t>(header, 8) & 1) != 0;
    if (encrypted || number_at<std::uint16_t>(header, 10) != 0 || stored != size) refuse_damaged();

    const std::string_view local = part_signed(before, offset, kLocalSize, kLocalHeader);
    const auto local_name_size = number_at<std::uint16_t>(local, 26),
               local_extra_size = number_at<std::uint16_t>(local, 28);
    if (part(before, offset + kLocalSize, local_name_size) != name) refuse_damaged();
    records_.push_back({name, part(before, offset + kLocalSize + local_name_size + local_extra_size, size),
                        number_at<std::uint32_t>(header, 16)});
  }
  std::ranges::sort(records_, {}, &Record::name);
  const bool repeats = std::ranges::adjacent_find(records_, {}, &Record::name) != records_.end();
  if (repeats || records_.size() != directory.n_records) refuse_damaged();
}

const StoredZip::Record* StoredZip::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(records_, name, {}, &Record::name);
  return found != records_.end() && found->name == name ? &*found : nullptr;
}

void StoredZipWriter::write(std::string_view bytes) {
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  at_ += bytes.size();
}

void StoredZipWriter::add(std::string_view name, std::string_view content) {
  constexpr std::uint64_t kAlignment = 64;
  const std::uint64_t offset = at_, size = content.size();
  const std::uint32_t crc = crc32(content);

  std::vector<std::uint64_t> in_64;
  if (size >= kIn64) in_64 = {size, size};
  std::string extra = zip64_extra(in_64);
  const std::uint64_t unpadded = offset + kLocalSize + name.size() + extra.size() + 4;
  const std::uint64_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
  put(extra, kPaddingExtra);
  put(extra, static_cast<std::uint16_t>(padding));
  extra.append(padding, 'Z');

  std::string header(kLocalHeader);
  put_header(header, crc, size, name, extra.size());
  write(header.append(name).append(extra));
  write(content);

  if (offset >= kIn64) in_64.push_back(offset);
  const std::string extra64 = zip64_extra(in_64);
  directory_.append(kCentralHeader);
  put(directory_, std::uint16_t{45});  // the version that made it
  put_header(directory_, crc, size, name, extra64.size());
  for (int field = 0; field < 3; ++field) put(directory_, std::uint16_t{0});  // comment, disk, attributes
  put(directory_, std::uint32_t{0});                                          // more attributes
  put(directory_, offset < kIn64 ? static_cast<std::uint32_t>(offset) : kIn64);
  directory_.append(name).append(extra64);
  ++n_records_;
}

void StoredZipWriter::finish() {
  const std::uint64_t begin = at_, size = directory_.size();
  write(directory_);
  std::string end(kEndRecord64);
  put(end, std::uint64_t{kEndSize64 - 12});
  for (int version = 0; version < 2; ++version) put(end, std::uint16_t{45});
  for (int disk = 0; disk < 2; ++disk) put(end, std::uint32_t{0});
  for (const std::uint64_t number : {n_records_, n_records_, size, begin}) put(end, number);
  end.append(kEndLocator64);
  put(end, std::uint32_t{0});
  put(end, begin + size);
  put(end, std::uint32_t{1});
  end.append(kEndRecord);
  for (int disk = 0; disk < 2; ++disk) put(end, std::uint16_t{0});
  for (int count = 0; count < 2; ++count)
    put(end, static_cast<std::uint16_t>(std::min<std::uint64_t>(n_records_, 0xFFFF)));
  put(end, static_cast<std::uint32_t>(std::min<std::uint64_t>(size, kIn64)));
  put(end, static_cast<std::uint32_t>(std::min<std::uint64_t>(begin, kIn64)));
  put(end, std::uint16_t{0});  // no comment
  write(end);
}

}  // namespace movrec
