#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/data/dataset.hpp"

namespace movrec {

/// One row of the table of data sets that have a name.
struct Release {
  std::string_view name, summary;
  std::string_view folder;                      ///< the folder inside the archive
  int megabytes = 0;                            ///< of the archive, for people
  std::span<const std::string_view> members{};  ///< files that every copy has
  std::string_view md5{}, sha256{};             ///< official ones, empty if not known
  std::int64_t bytes = 0;                       ///< of the archive, 0 if not known
};

/// All of https://files.grouplens.org/datasets/movielens/NAME.zip; `synthetic` is not among them.
std::span<const Release> releases();
/// Error{usage} that lists the known names (`synthetic` too).
const Release& find_release(std::string_view name);

/// The data that a person means by a word: a data set of that name, or else the file or folder that is there; what is
/// neither is taken for a name, of which find_release says more.
void choose_data(DataOptions&, const std::string& name_or_path);

/// The folder that data sets are kept in: --data-dir, MOVREC_DATA_DIR (resolved before), or the user's cache.
std::filesystem::path data_directory(const CacheOptions&);

/// The release's zip or folder in the data directory, whichever is there; nothing is fetched. Empty path if
/// absent.
std::filesystem::path local_release(const Release&, const CacheOptions&);

/// As local_release, fetching and verifying the archive where it is absent. It must have the official
/// checksum, from a mirror too; where the table has none, that of NAME.zip.md5 beside the archive, which is
/// then kept. An archive that is there but has another checksum is used, with a warning (once a process).
/// Error{data}.
std::filesystem::path fetch_release(const Release&, const CacheOptions&);

/// What is true of a local copy.
struct ReleaseCheck {
  enum class Checksum { official, other, not_known, folder };  ///< folder: it has none
  std::filesystem::path path;
  Checksum checksum = Checksum::not_known;
  std::string sha256;  ///< the archive's, empty for a folder
  std::string why;     ///< for `other` and `not_known`
  std::size_t n_files = 0;
  std::vector<std::string> missing;  ///< of the release's members
};
/// Checks the local copy: checksum, members, and every byte of them. Where the checksum is neither in the
/// table nor beside the archive, it is fetched unless --offline. Error{data} if there is no copy, or a member
/// is damaged.
ReleaseCheck check_release(const Release&, const CacheOptions&);

}  // namespace movrec
