#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "movrec/core/byte_source.hpp"

namespace movrec {

/// A way in which one file is compressed, known by its first bytes.
struct Compression {
  std::string_view name;     ///< "gzip"
  std::string_view magic;    ///< what such a file begins with
  std::string_view command;  ///< unpacks a file to standard output: "zcat"
  /// Unpacks what `packed` yields: one member or several, one after the other, in bounded memory. `file` is the name for
  /// messages. Reading is Error{data} where the data is damaged or ends too early.
  std::unique_ptr<ByteSource> (*unpack)(std::unique_ptr<ByteSource> packed, std::string file);
};

/// gzip, bzip2, xz or zstd by the first bytes of a file (16 are enough), or null.
const Compression* compression_of(std::string_view head);

}  // namespace movrec
