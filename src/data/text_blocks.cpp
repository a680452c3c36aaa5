#include "data/text_blocks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "data/encodings.hpp"
#include "data/text_source.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/core/utf8.hpp"

namespace movrec {
namespace {

/// Whether text that is not UTF-8 from its first such byte on is in one byte a character: few accents of that look like
/// UTF-8, while in UTF-8 with a damaged place most sequences are whole.
bool is_one_byte_text(std::string_view text) {
  std::size_t n_valid = 0, n_invalid = 0;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    n_valid += length > 1;
    n_invalid += length == 0;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return n_invalid > n_valid;
}

}  // namespace

class TextBlocks::State {
 public:
  explicit State(TextSource source) : source_(std::move(source)), lines_(*source_.lines) {}

  bool next(TextBlock& block) {
    check_stop();
    next_line_ += count_line_feeds(text_);
    n_given_ += text_.size();
    text_ = {};
    const std::string_view piece = lines_.next();
    if (lines_.is_too_long()) fail_too_long(next_line_ + count_line_feeds(put_back_));
    if (piece.empty() && put_back_.empty()) return false;
    const std::size_t n_lines_again = count_line_feeds(put_back_);
    next_line_ += n_lines_again;
    text_ = utf8_lines(piece);
    next_line_ -= n_lines_again;
    if (!put_back_.empty()) {
      joined_.swap(put_back_);
      put_back_.clear();
      text_ = joined_.append(text_);
    }
    show_progress();
    block = {text_, next_line_};
    return true;
  }
  bool is_last() { return lines_.is_last(); }
  void put_back(std::size_t n_bytes) {
    put_back_ = text_.substr(text_.size() - n_bytes);
    text_.remove_suffix(n_bytes);
  }

  const std::string& name() const { return source_.name; }
  std::string found() const {
    std::vector<std::string_view> words = source_.layers;
    if (is_one_byte_) words.push_back("latin-1");
    if (lines_.ends_at_cr()) words.push_back("CR line ends");
    return fmt::format("{}", fmt::join(words, ", "));
  }

 private:
  std::string shown_name() const { return shown(source_.name, kMostOfPath); }

  /// The piece as TextBlock has it: itself, or what was made of it in converted_.
  std::string_view utf8_lines(std::string_view piece) {
    if (!has_begun_ && piece.starts_with(kUtf8Bom)) piece.remove_prefix(kUtf8Bom.size());
    has_begun_ = true;
    if (!lines_.ends_at_brace()) check_line_lengths(piece);
    const ByteKinds kinds = byte_kinds(piece);
    if (kinds.has_nul) fail_nul(piece);
    if (kinds.has_non_ascii) check_encoding(piece);
    const bool is_ended =
        piece.empty() || piece.back() == '\n' || (lines_.ends_at_brace() && piece.back() == '}');
    const bool is_converted = is_one_byte_ && kinds.has_non_ascii;
    if (!is_converted && !kinds.has_cr && is_ended) return piece;
    converted_.clear();
    if (is_converted)
      append_windows_1252(converted_, piece);
    else
      converted_ = piece;
    if (kinds.has_cr) make_line_feeds();
    if (!is_ended && converted_.back() != '\n') converted_ += '\n';
    return converted_;
  }

  /// Of CRLF and, where CRs end lines, CR.
  void make_line_feeds() {
    std::string& text = converted_;
    std::size_t to = std::min(text.find('\r'), text.size());
    for (std::size_t from = to; from < text.size();) {
      const bool is_crlf = from + 1 < text.size() && text[from + 1] == '\n';
      if (is_crlf || lines_.ends_at_cr()) {
        text[to++] = '\n';
        from += is_crlf ? 2 : 1;
      } else {
        text[to++] = text[from++];
      }
      const std::size_t end = std::min(text.find('\r', from), text.size());
      std::copy(text.data() + from, text.data() + end, text.data() + to);
      to += end - from;
      from = end;
    }
    text.resize(to);
  }

  void check_encoding(std::string_view piece) {
    const std::size_t n_valid = valid_utf8_length(piece);
    if (is_one_byte_ && n_valid < piece.size()) return;
    if (is_one_byte_)  // and there is an accent: all that the text before held was something else
      fail_encoding(piece, 0, "the text before is latin-1, and this is UTF-8");
    if (n_valid == piece.size()) {
      is_utf8_ = true;
      return;
    }
    if (!is_utf8_ && !byte_kinds(piece.substr(0, n_valid)).has_non_ascii &&
        is_one_byte_text(piece.substr(n_valid)))
      is_one_byte_ = true;
    else
      fail_encoding(piece, n_valid,
                    fmt::format("the byte \\x{:02x} is none, though other text is UTF-8",
                                static_cast<unsigned char>(piece[n_valid])));
  }

  /// A longer line covers at least one of the places that are looked at.
  void check_line_lengths(std::string_view piece) const {
    const std::string_view ends = lines_.ends_at_cr() ? "\r\n" : "\n";
    for (std::size_t at = kMostOfLine / 2; at + kMostOfLine / 2 <= piece.size(); at += kMostOfLine / 2) {
      const std::size_t before = piece.find_last_of(ends, at);
      const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
      if (piece.find_first_of(ends, begin) - begin > kMostOfLine && (piece.size() - begin > kMostOfLine))
        fail_too_long(line_at(piece, begin));
    }
  }

  std::size_t line_at(std::string_view piece, std::size_t at) const {
    const std::string_view before = piece.substr(0, at);
    std::size_t n = count_line_feeds(before);
    if (lines_.ends_at_cr())
      for (std::size_t i = 0; i < before.size(); ++i)
        n += before[i] == '\r' && (i + 1 == piece.size() || piece[i + 1] != '\n');
    return next_line_ + n;
  }

  [[noreturn]] void fail_too_long(std::size_t line) const {
    throw Error(ErrorKind::data,
                fmt::format("{}:{}: the line is longer than {} MiB", shown_name(), line, kMostOfLine >> 20),
                {}, "a table of ratings has a rating or two a line: is it that file?");
  }
  [[noreturn]] void fail_nul(std::string_view piece) const {
    throw Error(
        ErrorKind::data,
        fmt::format("{}:{}: holds a NUL byte", shown_name(), line_at(piece, piece.find('\0'))),
        "text has none: the file is damaged, or no text",
        fmt::format("look into it, or leave them out: tr -d '\\000' < '{0}' > '{0}.txt'", shown_name()));
  }
  [[noreturn]] void fail_encoding(std::string_view piece, std::size_t at, std::string why) const {
    throw Error(
        ErrorKind::data, fmt::format("{}:{}: not valid UTF-8", shown_name(), line_at(piece, at)),
        std::move(why),
        fmt::format("correct it, or leave such bytes out: iconv -c -f UTF-8 -t UTF-8 '{0}' > '{0}.txt'",
                    shown_name()));
  }

  /// From the second block on; a file of one needs none.
  void show_progress() {
    const auto n = static_cast<std::int64_t>(source_.file != nullptr ? source_.file->n_read() : n_given_);
    if (n_given_ > 0 && !progress_)
      progress_.emplace(fmt::format("reading {}", shown_name()), static_cast<std::int64_t>(source_.n_bytes),
                        "bytes");
    if (progress_) progress_->update(n);
  }

  TextSource source_;
  RawLines& lines_;
  bool has_begun_ = false;
  bool is_utf8_ = false, is_one_byte_ = false;  ///< neither: ASCII so far
  std::string_view text_;                       ///< the block that was given last
  std::size_t next_line_ = 1, n_given_ = 0;
  std::string converted_, put_back_, joined_;
  std::optional<Progress> progress_;
};

TextBlocks::TextBlocks(const std::string& path) : state_(std::make_unique<State>(open_text(path))) {}
TextBlocks::TextBlocks(std::string_view bytes, std::string name)
    : state_(std::make_unique<State>(open_text(bytes, std::move(name)))) {}
TextBlocks::TextBlocks(std::unique_ptr<ByteSource> bytes, std::string name)
    : state_(std::make_unique<State>(open_text(std::move(bytes), std::move(name)))) {}
TextBlocks::~TextBlocks() = default;
TextBlocks::TextBlocks(TextBlocks&&) noexcept = default;

bool TextBlocks::next(TextBlock& block) {
  return state_->next(block);
}
bool TextBlocks::is_last() {
  return state_->is_last();
}
void TextBlocks::put_back(std::size_t n_bytes) {
  state_->put_back(n_bytes);
}
const std::string& TextBlocks::name() const {
  return state_->name();
}
std::string TextBlocks::found() const {
  return state_->found();
}

std::string whole_text(const std::string& path, std::size_t most) {
  TextBlocks blocks(path);
  std::string text;
  for (TextBlock block; blocks.next(block);) {
    if (text.size() + block.text.size() > most)
      fail(ErrorKind::data, "{} holds more than {} MiB", shown(path, kMostOfPath), most >> 20U);
    text += block.text;
  }
  return text;
}

}  // namespace movrec
