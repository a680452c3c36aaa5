#pragma once

#include <span>
#include <string>
#include <string_view>

namespace movrec {

/// As many first bytes of a file tell what it is.
inline constexpr std::size_t kHeadBytes = 4096;

/// Error{data} if a file that begins with `head` is known to be no text of ratings (Parquet, Excel, HDF5, a tar …): says
/// what it is, and the command that makes text of it. `file` is its path or name.
void refuse_foreign_kind(std::string_view head, std::string_view file);

/// The same for a zip by the names of what it holds (Excel's new files, NumPy's arrays …).
void refuse_foreign_zip(std::span<const std::string> names, std::string_view file);

}  // namespace movrec
