#include "data/encodings.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/core/utf8.hpp"

namespace movrec {
namespace {

/// What bytes 0x80 to 0x9F stand for; those that are none keep their number, as browsers have it.
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

class Utf16Bytes final : public ByteSource {
 public:
  Utf16Bytes(std::unique_ptr<ByteSource> bytes, Utf16 order, std::string file)
      : bytes_(std::move(bytes)), high_(order == Utf16::little_endian ? 1 : 0), file_(std::move(file)) {}

  std::size_t read(std::span<char> buffer) override {
    if (at_ == text_.size()) {
      text_.clear();
      at_ = 0;
      while (text_.empty() && !has_ended_) convert_piece();
    }
    const std::size_t n = std::min(buffer.size(), text_.size() - at_);
    std::copy_n(text_.data() + at_, n, buffer.data());
    at_ += n;
    return n;
  }

 private:
  void convert_piece() {
    const std::size_t n = read_fully(*bytes_, piece_);
    has_ended_ = n < piece_.size();
    if (n % 2 != 0) fail_at_end();
    for (std::size_t i = 0; i < n; i += 2) {
      const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(piece_[i + k]); };
      add(static_cast<char32_t>(byte(high_) << 8U | byte(1 - high_)));
    }
    if (has_ended_ && lead_ != 0) fail_at_end();
  }
  void add(char32_t unit) {
    const bool is_trail = unit >= 0xDC00 && unit < 0xE000;
    if (is_trail != (lead_ != 0)) fail_surrogate();
    if (is_trail) {
      append_code_point(text_, 0x10000 + ((lead_ - 0xD800) << 10U) + (unit - 0xDC00));
      lead_ = 0;
    } else if (unit >= 0xD800 && unit < 0xDC00) {
      lead_ = unit;
    } else if (unit < 0x80) {
      text_ += static_cast<char>(unit);
      n_lines_ += unit == '\n';
    } else if (!is_first_ || unit != 0xFEFF) {
      append_code_point(text_, unit);
    }
    is_first_ = false;
  }
  [[noreturn]] void fail_at_end() const {
    throw Error(ErrorKind::data,
                fmt::format("{} is cut short: its UTF-16 ends within a character", shown(file_, kMostOfPath)),
                {}, "copy or download it again");
  }
  [[noreturn]] void fail_surrogate() const {
    throw Error(ErrorKind::data,
                fmt::format("{}:{}: not valid UTF-16", shown(file_, kMostOfPath), n_lines_ + 1),
                "half of a surrogate pair stands alone", "save the file as UTF-8");
  }

  std::unique_ptr<ByteSource> bytes_;
  std::size_t high_;  ///< where the more significant byte of a unit stands
  std::string file_, text_;
  std::size_t at_ = 0, n_lines_ = 0;
  std::vector<char> piece_ = std::vector<char>(std::size_t{1} << 17);
  char32_t lead_ = 0;
  bool is_first_ = true, has_ended_ = false;
};

}  // namespace

Utf16 utf16_of(std::string_view head) {
  using enum Utf16;
  if (head.starts_with("\xFF\xFE")) return little_endian;
  if (head.starts_with("\xFE\xFF")) return big_endian;
  std::array<std::size_t, 2> n_nul{};
  for (std::size_t i = 0; i < head.size(); ++i) n_nul[i % 2] += head[i] == '\0';
  // Separators, digits and line ends make more than half of the units of a table.
  const auto stands = [&](std::size_t k) { return n_nul[1 - k] == 0 && n_nul[k] * 4 > head.size(); };
  return stands(1) ? little_endian : stands(0) ? big_endian : none;
}

std::unique_ptr<ByteSource> utf8_of_utf16(std::unique_ptr<ByteSource> bytes, Utf16 order, std::string file) {
  return std::make_unique<Utf16Bytes>(std::move(bytes), order, std::move(file));
}

void append_windows_1252(std::string& text, std::string_view bytes) {
  for (const char c : bytes) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x80)
      text += c;
    else
      append_code_point(text, code < 0xA0 ? kWindows1252[code - 0x80U] : code);
  }
}

ByteKinds byte_kinds(std::string_view text) {
  constexpr std::size_t kChunk = 64;  // of this length the compiler makes vectors
  ByteKinds kinds;
  const auto see = [&](const char* bytes, std::size_t n) {
    unsigned char high = 0, nul = 0, cr = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto c = static_cast<unsigned char>(bytes[i]);
      high = static_cast<unsigned char>(high | c);
      nul = static_cast<unsigned char>(nul | (c == 0));
      cr = static_cast<unsigned char>(cr | (c == '\r'));
    }
    kinds.has_non_ascii |= high >= 0x80;
    kinds.has_nul |= nul != 0;
    kinds.has_cr |= cr != 0;
  };
  std::size_t at = 0;
  for (; at + kChunk <= text.size(); at += kChunk) see(text.data() + at, kChunk);
  see(text.data() + at, text.size() - at);
  return kinds;
}

std::size_t count_line_feeds(std::string_view text) {
  constexpr std::size_t kChunk = 128;  // what a byte can count, and of which the compiler makes vectors
  const auto count = [](const char* bytes, std::size_t n) {
    unsigned char found = 0;
    for (std::size_t i = 0; i < n; ++i) found = static_cast<unsigned char>(found + (bytes[i] == '\n'));
    return std::size_t{found};
  };
  std::size_t total = 0, at = 0;
  for (; at + kChunk <= text.size(); at += kChunk) total += count(text.data() + at, kChunk);
  return total + count(text.data() + at, text.size() - at);
}

}  // namespace movrec
