#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_bytes.hpp"
#include "data/raw_lines.hpp"
#include "movrec/core/byte_source.hpp"

namespace movrec {

/// A text that was opened, after all that compresses it, and UTF-16, was taken off: what TextBlocks reads.
struct TextSource {
  std::string name;                        ///< for messages
  std::vector<std::string_view> layers{};  ///< what was taken off, the outermost first: "gzip", "UTF-16"
  FileBytes* file = nullptr;  ///< whose bytes a stream reads in the end, of `lines`; null: not a stream
  std::size_t n_bytes = 0;    ///< of `file` or of the text; 0 if not known
  std::unique_ptr<RawLines> lines{};
};

/// These are as TextBlocks' constructors are. Error{data} for what is empty, no text, or a zip of several files.
TextSource open_text(const std::string& path);
TextSource open_text(std::string_view bytes, std::string name);
TextSource open_text(std::unique_ptr<ByteSource> bytes, std::string name);

}  // namespace movrec
