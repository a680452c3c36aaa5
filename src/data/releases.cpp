#include "movrec/data/releases.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <set>

#include "movrec/core/digest.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/log.hpp"
#include "movrec/fetch/archive.hpp"
#include "movrec/fetch/download.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kOfficialUrl = "https://files.grouplens.org/datasets/movielens/";

constexpr std::array<std::string_view, 3> kMembers100k{"u.data", "u.item", "u.user"};
constexpr std::array<std::string_view, 3> kMembers1m{"movies.dat", "ratings.dat", "users.dat"};
constexpr std::array<std::string_view, 2> kMembers10m{"movies.dat", "ratings.dat"};
constexpr std::array<std::string_view, 2> kMembersCsv{"movies.csv", "ratings.csv"};

constexpr std::array kReleases{
    Release{.name = "ml-100k",
            .summary = "100,000 ratings of 1,682 movies by 943 users, 1998; demographics, five folds",
            .folder = "ml-100k",
            .megabytes = 5,
            .members = kMembers100k,
            .md5 = "0e33842e24a9c977be4e0107933c0723",
            .sha256 = "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
            .bytes = 4'924'029},
    Release{.name = "ml-1m",
            .summary = "1,000,209 ratings of 3,706 movies by 6,040 users, 2003; demographics",
            .folder = "ml-1m",
            .megabytes = 6,
            .members = kMembers1m,
            .md5 = "c4d9eecfca2ab87c1945afe126590906",
            .sha256 = "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
            .bytes = 5'917'549},
    Release{.name = "ml-10m",
            .summary = "10 million ratings of 10,000 movies by 72,000 users, 2009; half stars",
            .folder = "ml-10M100K",
            .megabytes = 63,
            .members = kMembers10m},
    Release{.name = "ml-20m",
            .summary = "20 million ratings of 27,000 movies by 138,000 users, 2016; half stars",
            .folder = "ml-20m",
            .megabytes = 190,
            .members = kMembersCsv},
    Release{.name = "ml-25m",
            .summary = "25 million ratings of 62,000 movies by 162,000 users, 2019; half stars",
            .folder = "ml-25m",
            .megabytes = 262,
            .members = kMembersCsv,
            .md5 = "6b51fb2759a8657d3bfcbfc42b592ada",
            .sha256 = "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
            .bytes = 261'978'986},
    Release{.name = "ml-32m",
            .summary = "32 million ratings of 88,000 movies by 201,000 users, 2024; half stars",
            .folder = "ml-32m",
            .megabytes = 239,
            .members = kMembersCsv},
    Release{.name = "ml-latest-small",
            .summary = "100,000 ratings of 9,700 movies by 610 users, 2018; half stars",
            .folder = "ml-latest-small",
            .megabytes = 1,
            .members = kMembersCsv,
            .sha256 = "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
            .bytes = 978'202},
    Release{.name = "ml-latest",
            .summary = "33 million ratings of 86,000 movies by 331,000 users; changes from time to time",
            .folder = "ml-latest",
            .megabytes = 335,
            .members = kMembersCsv},
};

constexpr std::size_t kMostOfMd5 = 1 << 16;

std::string archive_name(const Release& release) {
  return fmt::format("{}.zip", release.name);
}

std::string archive_url(const Release& release, const CacheOptions& cache) {
  if (cache.data_url.empty()) return fmt::format("{}{}", kOfficialUrl, archive_name(release));
  return in_context("‹data-url›", [&] {
    const std::string path = url_path(cache.data_url);
    if (path.ends_with(".zip")) return cache.data_url;
    return append_to_url_path(cache.data_url,
                              fmt::format("{}{}", path.ends_with('/') ? "" : "/", archive_name(release)));
  });
}

/// The first 32 hexadecimal digits in a row; the file may be "MD5 (ml-10m.zip) = …" or "…  ml-10m.zip".
std::string parse_md5(std::string_view text, std::string_view source) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find_first_not_of(kDigits));
    if (word.size() == 32) return std::string(word);
    text.remove_prefix(std::max(word.size(), std::size_t{1}));
  }
  fail(ErrorKind::data, "{} holds no MD5 checksum", source);
}

ExpectedFile official_file(const Release& release) {
  return {std::string(release.md5), std::string(release.sha256), release.bytes};
}
bool has_checksum(const ExpectedFile& expected) {
  return !expected.md5.empty() || !expected.sha256.empty();
}

/// What the table, or else NAME.zip.md5 beside the archive, says of it.
ExpectedFile expected_here(const Release& release, const fs::path& archive) {
  ExpectedFile expected = official_file(release);
  fs::path beside = archive;
  beside += ".md5";
  std::error_code absent;
  if (!has_checksum(expected) && fs::is_regular_file(beside, absent))
    expected.md5 = parse_md5(read_file(beside, kMostOfMd5), beside.string());
  return expected;
}

void warn_if_not_official(const Release& release, const fs::path& path) {
  static std::set<fs::path> told;
  static std::mutex mutex;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return;
  if (const std::scoped_lock lock(mutex); !told.insert(path).second) return;
  ExpectedFile expected = expected_here(release, path);
  if (!expected.md5.empty()) expected.sha256.clear();  // one is enough here, and MD5 is twice as fast
  if (!has_checksum(expected)) {
    log_warning("{} is used as it is: whether it is the official one is not known without {}.md5 beside it",
                path.string(), archive_name(release));
  } else if (const std::string why = why_not_expected(path, expected); !why.empty()) {
    log_warning("{} is used as it is, though it is not the official archive: {}", path.string(), why);
  }
}

fs::path download_release(const Release& release, const CacheOptions& cache) {
  const fs::path folder = data_directory(cache);
  make_directories(folder);
  const fs::path archive = folder / archive_name(release);
  const std::string url = archive_url(release, cache);
  ExpectedFile expected = official_file(release);
  std::string md5_text;
  if (!has_checksum(expected)) {
    const std::string md5_url = append_to_url_path(url, ".md5");
    md5_text = fetch_text(md5_url);
    expected.md5 = parse_md5(md5_text, url_without_password(md5_url));
  }
  log_info("downloading {} to {}", url_without_password(url), archive.string());
  download(url, archive, expected);
  if (!md5_text.empty()) {
    fs::path beside = archive;
    write_file_atomically(beside += ".md5", md5_text);
  }
  return archive;
}

/// Sets what `check` says of the archive's checksum.
void check_checksum(const Release& release, const CacheOptions& cache, ReleaseCheck& check) {
  check.sha256 = sha256_hex(MappedFile(check.path).text());
  ExpectedFile expected = expected_here(release, check.path);
  if (!has_checksum(expected) && cache.offline) {
    check.why = fmt::format("there is no {}.md5, and ‹offline› forbids to fetch it", check.path.string());
    return;
  }
  if (!has_checksum(expected)) {
    const std::string url = append_to_url_path(archive_url(release, cache), ".md5");
    try {
      expected.md5 = parse_md5(fetch_text(url), url_without_password(url));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data) throw;
      check.why = fmt::format("{}: {}", error.message(), error.why());
      return;
    }
  }
  check.why = why_not_expected(check.path, expected);
  check.checksum = check.why.empty() ? ReleaseCheck::Checksum::official : ReleaseCheck::Checksum::other;
}

[[noreturn]] void fail_absent(const Release& release, const CacheOptions& cache, std::string why) {
  throw Error(
      ErrorKind::data, fmt::format("{} is not in {}", release.name, data_directory(cache).string()),
      std::move(why),
      fmt::format("movrec data download {}, or put {} there by hand", release.name, archive_name(release)));
}

}  // namespace

std::span<const Release> releases() {
  return kReleases;
}

void choose_data(DataOptions& data, const std::string& name_or_path) {
  std::error_code absent;
  const bool is_name = std::ranges::find(kReleases, name_or_path, &Release::name) != kReleases.end();
  const bool is_path = name_or_path == "-" || std::filesystem::exists(name_or_path, absent);
  (is_name || !is_path ? data.dataset : data.data) = name_or_path;
}

const Release& find_release(std::string_view name) {
  const auto found = std::ranges::find(kReleases, name, &Release::name);
  if (found != kReleases.end()) return *found;
  std::vector<std::string_view> known;
  for (const Release& release : kReleases) known.push_back(release.name);
  known.push_back("synthetic");
  fail_unknown("data set", name, fmt::format("{}", fmt::join(known, ", ")), closest_of(name, known));
}

fs::path data_directory(const CacheOptions& cache) {
  if (!cache.data_dir.empty()) return cache.data_dir;
  const auto absolute = [](const char* variable) {
    const char* value = std::getenv(variable);
    const fs::path path = value == nullptr ? "" : value;
    return path.is_absolute() ? path : fs::path();  // XDG: a relative one is to be ignored
  };
  if (const fs::path base = absolute("XDG_CACHE_HOME"); !base.empty()) return base / "movrec";
  if (const fs::path home = absolute("HOME"); !home.empty()) return home / ".cache" / "movrec";
  throw Error(ErrorKind::usage, "there is no folder for data sets", "neither HOME nor XDG_CACHE_HOME is set",
              "‹data-dir› DIR");
}

fs::path local_release(const Release& release, const CacheOptions& cache) {
  const fs::path folder = data_directory(cache);
  const fs::path archive = folder / archive_name(release);
  std::error_code ignored;
  if (fs::is_regular_file(archive, ignored)) return archive;
  for (const std::string_view name : {release.name, release.folder})
    if (fs::is_directory(folder / name, ignored)) return folder / name;
  return {};
}

fs::path fetch_release(const Release& release, const CacheOptions& cache) {
  if (const fs::path local = local_release(release, cache); !local.empty()) {
    warn_if_not_official(release, local);
    return local;
  }
  if (cache.offline) fail_absent(release, cache, "‹offline› forbids to download it");
  try {
    return download_release(release, cache);
  } catch (const Error& error) {
    const std::string folder = data_directory(cache).string();
    std::string remedy = error.remedy();
    if (error.kind() == ErrorKind::data)
      remedy = fmt::format("another mirror with ‹data-url› URL, or put {} into {} by hand",
                           archive_name(release), folder);
    if (error.kind() == ErrorKind::failure)
      remedy = fmt::format("make room in {}, or choose another folder with ‹data-dir› DIR", folder);
    throw Error(error.kind(), error.message(), error.why(), remedy);
  }
}

ReleaseCheck check_release(const Release& release, const CacheOptions& cache) {
  ReleaseCheck check;
  check.path = local_release(release, cache);
  if (check.path.empty()) fail_absent(release, cache, {});
  std::error_code ignored;
  if (fs::is_directory(check.path, ignored))
    check.checksum = ReleaseCheck::Checksum::folder;
  else
    check_checksum(release, cache, check);
  const auto archive = Archive::open(check.path);
  const std::vector<std::string> names = archive->names();
  check.n_files = names.size();
  for (const std::string& name : names) archive->read(name);
  for (const std::string_view member : release.members)
    if (!archive->contains(member)) check.missing.emplace_back(member);
  return check;
}

}  // namespace movrec
