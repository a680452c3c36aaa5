#pragma once

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_bytes.hpp"
#include "movrec/core/byte_source.hpp"
#include "movrec/core/files.hpp"

namespace movrec {

/// The bytes of a text in pieces that end where a line does or, of an array of JSON objects, which may be one line, after a
/// '}'. What is left at the end, if nothing ends it, is a piece of its own. Bytes alone: what they mean is for TextBlocks to find.
class RawLines {
 public:
  virtual ~RawLines() = default;
  /// The next piece, valid until the next call; empty at the end, and also where a line is too long, of which
  /// `is_too_long` then tells.
  virtual std::string_view next() = 0;
  /// Whether nothing follows the piece that was got last.
  virtual bool is_last() = 0;
  bool is_too_long() const { return is_too_long_; }
  /// Lines end at CR, too, for no LF was found near the beginning.
  bool ends_at_cr() const { return ends_at_cr_; }
  bool ends_at_brace() const { return ends_at_brace_; }

 protected:
  void choose_ends(std::string_view beginning);
  /// The longest front of `text` after which a piece may end; `is_all`: nothing follows it.
  std::size_t ended_part(std::string_view text, bool is_all) const;

  bool is_too_long_ = false;
  bool ends_at_cr_ = false, ends_at_brace_ = false;
};

/// Of a plain file, which is mapped, or of bytes in memory: views of them.
class MappedLines final : public RawLines {
 public:
  explicit MappedLines(std::unique_ptr<MappedFile>);
  explicit MappedLines(std::string_view bytes);
  std::string_view next() override;
  bool is_last() override { return begin_ == text_.size(); }

 private:
  std::unique_ptr<MappedFile> file_;  ///< null: bytes in memory
  std::string_view text_;
  std::size_t begin_ = 0, n_forgotten_ = 0;
};

/// Of anything else, through two buffers: while the lines of one are used, the other one is filled.
class StreamedLines final : public RawLines {
 public:
  /// `file` is what `bytes` are read from in the end, if that is a file or a pipe; it is `bytes` or belongs to it.
  StreamedLines(std::unique_ptr<ByteSource> bytes, FileBytes* file);
  ~StreamedLines() override;
  std::string_view next() override;
  /// Waits for what is being read.
  bool is_last() override;

 private:
  /// Room for the rest of the last piece, then for what is read.
  using Buffer = std::unique_ptr<char[]>;
  std::size_t fill(Buffer&);
  void read_ahead();
  void wait_for_ahead();
  void take_filled();

  std::unique_ptr<ByteSource> bytes_;
  FileBytes* file_;
  Buffer used_, ahead_;
  std::future<std::size_t> filling_;  ///< ahead_, to so many bytes
  std::size_t n_ahead_ = 0;           ///< once it is filled
  std::string_view rest_;             ///< of used_, not given yet
  bool has_begun_ = false, has_ended_ = false;
};

}  // namespace movrec
