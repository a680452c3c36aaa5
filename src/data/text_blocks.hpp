#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "movrec/core/byte_source.hpp"

namespace movrec {

/// Some lines of a text.
struct TextBlock {
  /// Valid UTF-8; every line, the last one too, is ended by one '\n'. Of a JSON array of objects, which may be one line, it
  /// ends after a '}' instead.
  std::string_view text;
  std::size_t first_line = 1;  ///< the number of its first line in the file
};

/// A text of any size in blocks of whole lines (about 4 MB), whatever it is stored in. Recognised by content are gzip,
/// bzip2, xz, zstd and a zip of one file; UTF-8 and UTF-16, with or without byte order mark, and else Windows-1252; lines
/// ended by LF, CRLF or, where no LF is near the beginning, CR. A plain file is mapped and its blocks are views of it;
/// what has to be unpacked or comes through a pipe is read ahead on a thread of its own and never held as a whole.
///
/// Each block asks whether the work is to stop, which is thrown as Interrupted. Error{data} names the file (and the line)
/// where it is empty, cut short, damaged, of a kind that is no text, where a line is longer than 1 MiB, holds a NUL, or is
/// no UTF-8 though the text before it was.
class TextBlocks {
 public:
  static constexpr std::size_t kMostOfLine = std::size_t{1} << 20;

  /// A path, or "-" for standard input.
  explicit TextBlocks(const std::string& path);
  /// Bytes that outlive it; `name` is for messages.
  TextBlocks(std::string_view bytes, std::string name);
  /// What an archive's member yields.
  TextBlocks(std::unique_ptr<ByteSource> bytes, std::string name);
  ~TextBlocks();
  TextBlocks(TextBlocks&&) noexcept;

  /// The next block, valid until the next call; false at the end.
  bool next(TextBlock& block);
  /// Whether nothing follows the block that was got last.
  bool is_last();
  /// The last `n_bytes` of the block come again at the front of the next one, where they lie in the line that is its first:
  /// of a quoted field, or an object, that the block's end cuts in two. Once a block.
  void put_back(std::size_t n_bytes);

  /// For messages: the path, "standard input", the archive and its member.
  const std::string& name() const;
  /// What it is besides UTF-8 with LF or CRLF, as far as it was read: "gzip, UTF-16, CR line ends"; or "".
  std::string found() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// The whole of a text that is small enough to be held. Error{data} where it is longer than `most` bytes.
std::string whole_text(const std::string& path, std::size_t most);

}  // namespace movrec
