#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace movrec {

/// What a downloaded file must be. Empty and 0: not known.
struct ExpectedFile {
  std::string md5, sha256;  ///< lower-case hexadecimal
  std::int64_t bytes = 0;
};

/// How patient a download is.
struct DownloadOptions {
  int tries = 3;                                ///< without progress; for what may pass (503, a reset, …)
  std::chrono::milliseconds first_delay{1000};  ///< before the second try; doubles each time
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::seconds stall_timeout{30};  ///< gives up on less than 1 kB/s for so long
  std::int64_t max_bytes = std::int64_t{8} << 30;
};

/// Fetches an http or https URL into `file`, which appears complete and verified or not at all: bytes gather
/// in `file`.part, which a later run continues where the server can tell that its file is still the same one
/// (If-Range; `file`.part.json holds what it needs). Two runs with the same target do not fight: the second
/// one waits and finds the file. Proxies are libcurl's (`https_proxy`, `no_proxy`).
///
/// Returns whether it was fetched; false if `file` was there already. Error{data} for what the network or the
/// server did and for a wrong checksum, Error{failure} for a full disk. A signal throws Interrupted and keeps
/// the part.
bool download(const std::string& url,
              const std::filesystem::path& file,
              const ExpectedFile&,
              const DownloadOptions& = {});

/// Why the file is not the expected one ("wrong checksum: …"); empty if it is. Error{data} if it cannot be
/// read.
std::string why_not_expected(const std::filesystem::path&, const ExpectedFile&);

/// The body of a small page (at most 64 KiB). Error{data}.
std::string fetch_text(const std::string& url, const DownloadOptions& = {});

/// The URL with `suffix` appended to its path, before any query. Error{usage} if it is no http or https URL.
std::string append_to_url_path(const std::string& url, const std::string& suffix);
/// The URL's path, e.g. "/datasets/movielens/ml-1m.zip". Error{usage} as above.
std::string url_path(const std::string& url);
/// The URL without user and password, for messages. Error{usage} as above.
std::string url_without_password(const std::string& url);

}  // namespace movrec
