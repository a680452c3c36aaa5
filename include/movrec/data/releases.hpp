#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "movrec/data/dataset.hpp"

namespace movrec {

/// One row of the table of data sets that have a name.
struct Release {
  std::string_view name, summary;
  std::string_view folder;       ///< the folder inside the archive
  std::string_view md5, sha256;  ///< official ones, empty if not published
  std::int64_t bytes = 0;        ///< of the archive, 0 if unknown
};

/// All of https://files.grouplens.org/datasets/movielens/NAME.zip; `synthetic` is not among them.
std::span<const Release> releases();
/// Error{usage} that lists the known names (`synthetic` too).
const Release& find_release(std::string_view name);

/// The folder that data sets are kept in: --data-dir, MOVREC_DATA_DIR (resolved before), or the user's cache.
std::filesystem::path data_directory(const CacheOptions&);

/// The release's zip or folder in the data directory, whichever is there; nothing is fetched. Empty path if
/// absent.
std::filesystem::path local_release(const Release&, const CacheOptions&);

/// As local_release, fetching and verifying the archive where it is absent. An archive that is there but has
/// another checksum than the official one is used, with a warning (once a process). Error{data}.
std::filesystem::path fetch_release(const Release&, const CacheOptions&);

}  // namespace movrec
