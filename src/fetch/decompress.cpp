#include "fetch/decompress.hpp"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <vector>

#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

constexpr std::size_t kPackedBytes = std::size_t{1} << 18;
/// A stream names how far it looks back; what that takes is bounded, whatever it names.
constexpr int kMostZstdWindowLog = 26;
constexpr std::uint64_t kMostXzBytes = std::uint64_t{100} << 20;

extern const std::array<Compression, 4> kCompressions;

/// What the unpackers share: packed bytes in pieces, and words for what is wrong.
class Unpacker : public ByteSource {
 public:
  Unpacker(std::unique_ptr<ByteSource> packed, std::string file, const Compression& kind)
      : packed_(std::move(packed)), file_(std::move(file)), kind_(kind), piece_(kPackedBytes) {}

 protected:
  /// The next packed bytes; empty at the end.
  std::span<char> next_piece() { return {piece_.data(), packed_->read(piece_)}; }

  [[noreturn]] void fail_truncated() const {
    throw Error(ErrorKind::data,
                fmt::format("{} is cut short: its {} data ends too early", name(), kind_.name), {},
                "copy or download it again");
  }
  [[noreturn]] void fail_damaged(std::string_view why) const {
    throw Error(ErrorKind::data,
                fmt::format("{} is damaged: its {} data cannot be unpacked", name(), kind_.name),
                std::string(why), "copy or download it again");
  }
  [[noreturn]] void fail_too_wide() const {
    throw Error(ErrorKind::data,
                fmt::format("{} needs too much memory to unpack its {} data", name(), kind_.name), {},
                fmt::format("{} '{}' | movrec … ‹data› -", kind_.command, name()));
  }

 private:
  std::string name() const { return shown(file_, kMostOfPath); }

  std::unique_ptr<ByteSource> packed_;
  std::string file_;
  const Compression& kind_;
  std::vector<char> piece_;
};

class GzipBytes final : public Unpacker {
 public:
  GzipBytes(std::unique_ptr<ByteSource> packed, std::string file, const Compression& kind)
      : Unpacker(std::move(packed), std::move(file), kind) {
    constexpr int kGzipAlone = 16;
    if (inflateInit2(&stream_, MAX_WBITS + kGzipAlone) != Z_OK) throw std::bad_alloc();
  }
  ~GzipBytes() override { inflateEnd(&stream_); }
  GzipBytes(const GzipBytes&) = delete;
  GzipBytes& operator=(const GzipBytes&) = delete;

  std::size_t read(std::span<char> buffer) override {
    const auto room = static_cast<uInt>(std::min<std::size_t>(buffer.size(), std::size_t{1} << 30));
    stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream_.avail_out = room;
    while (stream_.avail_out == room) {
      if (stream_.avail_in == 0 && !refill()) {
        if (in_member_) fail_truncated();
        return 0;
      }
      if (!in_member_ && !begin_member()) return 0;
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_STREAM_END)
        in_member_ = false;
      else if (code != Z_OK && code != Z_BUF_ERROR)
        fail_damaged(stream_.msg != nullptr ? stream_.msg : "");
    }
    return room - stream_.avail_out;
  }

 private:
  bool refill() {
    const std::span<char> piece = next_piece();
    stream_.next_in = reinterpret_cast<Bytef*>(piece.data());
    stream_.avail_in = static_cast<uInt>(piece.size());
    return !piece.empty();
  }
  /// Tapes and some writers fill up with zeros, which gzip passes over as well. False if nothing else follows.
  bool begin_member() {
    while (true) {
      while (stream_.avail_in > 0 && *stream_.next_in == 0) {
        ++stream_.next_in;
        --stream_.avail_in;
      }
      if (stream_.avail_in > 0) break;
      if (!refill()) return false;
    }
    if (inflateReset(&stream_) != Z_OK) fail_damaged("");
    return in_member_ = true;
  }

  z_stream stream_{};
  bool in_member_ = true;
};

class Bzip2Bytes final : public Unpacker {
 public:
  Bzip2Bytes(std::unique_ptr<ByteSource> packed, std::string file, const Compression& kind)
      : Unpacker(std::move(packed), std::move(file), kind) {
    begin_member();
  }
  ~Bzip2Bytes() override { BZ2_bzDecompressEnd(&stream_); }
  Bzip2Bytes(const Bzip2Bytes&) = delete;
  Bzip2Bytes& operator=(const Bzip2Bytes&) = delete;

  std::size_t read(std::span<char> buffer) override {
    const auto room = static_cast<unsigned>(std::min<std::size_t>(buffer.size(), std::size_t{1} << 30));
    stream_.next_out = buffer.data();
    stream_.avail_out = room;
    while (stream_.avail_out == room) {
      if (stream_.avail_in == 0) {
        const std::span<char> piece = next_piece();
        if (piece.empty() && in_member_) fail_truncated();
        if (piece.empty()) return 0;
        stream_.next_in = piece.data();
        stream_.avail_in = static_cast<unsigned>(piece.size());
      }
      if (!in_member_) {
        BZ2_bzDecompressEnd(&stream_);
        begin_member();
      }
      const int code = BZ2_bzDecompress(&stream_);
      if (code == BZ_STREAM_END)
        in_member_ = false;
      else if (code == BZ_MEM_ERROR)
        throw std::bad_alloc();
      else if (code != BZ_OK)
        fail_damaged(code == BZ_DATA_ERROR_MAGIC ? "what follows the data is no bzip2"
                                                 : "a checksum is wrong");
    }
    return room - stream_.avail_out;
  }

 private:
  void begin_member() {
    if (BZ2_bzDecompressInit(&stream_, /*verbosity=*/0, /*small=*/0) != BZ_OK) throw std::bad_alloc();
    in_member_ = true;
  }

  bz_stream stream_{};
  bool in_member_ = false;
};

class XzBytes final : public Unpacker {
 public:
  XzBytes(std::unique_ptr<ByteSource> packed, std::string file, const Compression& kind)
      : Unpacker(std::move(packed), std::move(file), kind) {
    if (lzma_stream_decoder(&stream_, kMostXzBytes, LZMA_CONCATENATED) != LZMA_OK) throw std::bad_alloc();
  }
  ~XzBytes() override { lzma_end(&stream_); }
  XzBytes(const XzBytes&) = delete;
  XzBytes& operator=(const XzBytes&) = delete;

  std::size_t read(std::span<char> buffer) override {
    stream_.next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
    stream_.avail_out = buffer.size();
    while (stream_.avail_out == buffer.size() && !ended_) {
      if (stream_.avail_in == 0 && action_ == LZMA_RUN) {
        const std::span<char> piece = next_piece();
        stream_.next_in = reinterpret_cast<const std::uint8_t*>(piece.data());
        stream_.avail_in = piece.size();
        if (piece.empty()) action_ = LZMA_FINISH;
      }
      switch (lzma_code(&stream_, action_)) {
        case LZMA_OK:
          break;
        case LZMA_STREAM_END:
          ended_ = true;
          break;
        case LZMA_BUF_ERROR:
          fail_truncated();
        case LZMA_MEMLIMIT_ERROR:
          fail_too_wide();
        case LZMA_MEM_ERROR:
          throw std::bad_alloc();
        case LZMA_OPTIONS_ERROR:
          fail_damaged("it asks for a filter that is not known");
        case LZMA_FORMAT_ERROR:
          fail_damaged("what follows the data is no xz");
        default:
          fail_damaged("a checksum or a header is wrong");
      }
    }
    return buffer.size() - stream_.avail_out;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  lzma_action action_ = LZMA_RUN;
  bool ended_ = false;
};

class ZstdBytes final : public Unpacker {
 public:
  ZstdBytes(std::unique_ptr<ByteSource> packed, std::string file, const Compression& kind)
      : Unpacker(std::move(packed), std::move(file), kind), stream_(ZSTD_createDStream()) {
    if (!stream_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, kMostZstdWindowLog);
  }

  std::size_t read(std::span<char> buffer) override {
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size && !has_more_) {
        const std::span<char> piece = next_piece();
        if (piece.empty() && in_frame_) fail_truncated();
        if (piece.empty()) return 0;
        in_ = {piece.data(), piece.size(), 0};
      }
      const std::size_t code = ZSTD_decompressStream(stream_.get(), &out, &in_);
      if (ZSTD_isError(code)) {
        if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge) fail_too_wide();
        fail_damaged(ZSTD_getErrorName(code));
      }
      in_frame_ = code != 0;
      has_more_ = in_frame_ && out.pos == out.size;
    }
    return out.pos;
  }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool in_frame_ = true;
  bool has_more_ = false;  ///< it may hold bytes back that the last buffer had no room for
};

template <class Bytes, std::size_t row>
std::unique_ptr<ByteSource> unpack(std::unique_ptr<ByteSource> packed, std::string file) {
  return std::make_unique<Bytes>(std::move(packed), std::move(file), kCompressions[row]);
}

using namespace std::string_view_literals;
constexpr std::array<Compression, 4> kCompressions = {{
    {"gzip", "\x1f\x8b", "zcat", unpack<GzipBytes, 0>},
    {"bzip2", "BZh", "bzcat", unpack<Bzip2Bytes, 1>},
    {"xz",
     "\xFD"
     "7zXZ\0"sv,
     "xzcat", unpack<XzBytes, 2>},
    {"zstd", "\x28\xB5\x2F\xFD", "zstd -dc --memory=2GB", unpack<ZstdBytes, 3>},
}};

}  // namespace

const Compression* compression_of(std::string_view head) {
  const auto* const found = std::ranges::find_if(
      kCompressions, [&](const Compression& kind) { return head.starts_with(kind.magic); });
  return found == kCompressions.end() ? nullptr : found;
}

}  // namespace movrec
