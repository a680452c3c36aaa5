#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace movrec {

/// The first `dim` columns of rows that are `padded` floats apart.
inline std::vector<float> unpadded(const std::vector<float>& rows, std::size_t padded, std::size_t dim) {
  std::vector<float> out;
  out.reserve(rows.size() / padded * dim);
  for (std::size_t at = 0; at < rows.size(); at += padded) {
    const auto from = rows.begin() + static_cast<std::ptrdiff_t>(at);
    out.insert(out.end(), from, from + static_cast<std::ptrdiff_t>(dim));
  }
  return out;
}

/// The same the other way round, with zeros in the columns from `dim` on.
inline std::vector<float> with_padding(const std::vector<float>& rows, std::size_t dim, std::size_t padded) {
  std::vector<float> out(rows.size() / dim * padded);
  for (std::size_t from = 0, to = 0; from < rows.size(); from += dim, to += padded)
    std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(from), dim,
                out.begin() + static_cast<std::ptrdiff_t>(to));
  return out;
}

}  // namespace movrec
