#include "data/raw_lines.hpp"

#include <algorithm>
#include <cstring>

#include "data/text_blocks.hpp"
#include "movrec/core/run_context.hpp"

namespace movrec {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{4} << 20;
constexpr std::size_t kMostOfLine = TextBlocks::kMostOfLine;
static_assert(kPieceBytes > kMostOfLine);

bool begins_json_array(std::string_view text) {
  for (const char wanted : {'[', '{'}) {
    const std::size_t at = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    if (at == std::string_view::npos || text[at] != wanted) return false;
    text.remove_prefix(at + 1);
  }
  return true;
}

}  // namespace

void RawLines::choose_ends(std::string_view beginning) {
  ends_at_brace_ = begins_json_array(beginning);
  beginning = beginning.substr(0, kMostOfLine);
  ends_at_cr_ =
      beginning.find('\n') == std::string_view::npos && beginning.find('\r') != std::string_view::npos;
}

std::size_t RawLines::ended_part(std::string_view text, bool is_all) const {
  if (ends_at_brace_) return text.rfind('}') + 1;  // npos + 1 is 0
  if (ends_at_cr_) {
    // The last byte may be the first half of a CRLF.
    const std::string_view known = is_all ? text : text.substr(0, text.size() - 1);
    const std::size_t last = known.find_last_of("\r\n");
    if (last == std::string_view::npos) return 0;
    return last + 1 + (text[last] == '\r' && last + 1 < text.size() && text[last + 1] == '\n' ? 1 : 0);
  }
  return text.rfind('\n') + 1;
}

MappedLines::MappedLines(std::unique_ptr<MappedFile> file) : MappedLines(file->text()) {
  file_ = std::move(file);
}

MappedLines::MappedLines(std::string_view bytes) : text_(bytes) {
  choose_ends(text_);
}

std::string_view MappedLines::next() {
  if (file_ && begin_ > n_forgotten_) {
    file_->forget(n_forgotten_, begin_);
    n_forgotten_ = begin_;
  }
  const std::string_view rest = text_.substr(begin_), piece = rest.substr(0, kPieceBytes);
  const bool is_all = piece.size() == rest.size();
  std::size_t n = piece.empty() ? 0 : ended_part(piece, is_all);
  if (n == 0 && is_all) n = piece.size();
  is_too_long_ = n == 0 && !piece.empty();
  begin_ += n;
  return piece.substr(0, n);
}

StreamedLines::StreamedLines(std::unique_ptr<ByteSource> bytes, FileBytes* file)
    : bytes_(std::move(bytes)), file_(file), used_(new char[kMostOfLine + kPieceBytes]) {}

StreamedLines::~StreamedLines() {
  if (!filling_.valid()) return;
  if (file_ != nullptr) file_->cancel();
  filling_.wait();
}

std::size_t StreamedLines::fill(Buffer& buffer) {
  return read_fully(*bytes_, {buffer.get() + kMostOfLine, kPieceBytes});
}

void StreamedLines::read_ahead() {
  if (!ahead_) ahead_.reset(new char[kMostOfLine + kPieceBytes]);
  filling_ = std::async(std::launch::async, [this, stop = current_run().stop] {
    const RunScope scope({nullptr, stop});
    return fill(ahead_);
  });
}

/// Makes the buffer that was filled ahead the used one, with the rest of the last one before it.
void StreamedLines::take_filled() {
  const std::size_t n = n_ahead_;
  char* const begin = ahead_.get() + kMostOfLine - rest_.size();
  std::memcpy(begin, rest_.data(), rest_.size());
  rest_ = {begin, rest_.size() + n};
  used_.swap(ahead_);
  has_ended_ = n < kPieceBytes;
}

void StreamedLines::wait_for_ahead() {
  if (filling_.valid()) n_ahead_ = filling_.get();
}

bool StreamedLines::is_last() {
  if (!rest_.empty()) return false;
  wait_for_ahead();
  return has_ended_ || n_ahead_ == 0;
}

std::string_view StreamedLines::next() {
  if (!has_begun_) {
    const std::size_t n = fill(used_);
    rest_ = {used_.get() + kMostOfLine, n};
    has_begun_ = true;
    has_ended_ = n < kPieceBytes;
    choose_ends(rest_);
  } else if (!has_ended_ && rest_.size() <= kMostOfLine) {
    wait_for_ahead();
    take_filled();
  }
  if (rest_.empty()) return {};
  std::size_t n = ended_part(rest_, has_ended_);
  if (n == 0 && has_ended_) n = rest_.size();
  is_too_long_ = n == 0;
  const std::string_view piece = rest_.substr(0, n);
  rest_.remove_prefix(n);
  // Of a line that is too long already there is no need to see the end.
  if (!has_ended_ && rest_.size() <= kMostOfLine) read_ahead();
  return piece;
}

}  // namespace movrec
