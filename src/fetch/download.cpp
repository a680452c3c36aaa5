#include "movrec/fetch/download.hpp"

#include <algorithm>
#include <thread>

#include "fetch/http.hpp"
#include "fetch/part_file.hpp"
#include "movrec/core/digest.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/stop.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMaxTextBytes = 64 << 10;

/// Waits between tries; a signal ends it.
void wait(std::chrono::milliseconds delay) {
  const auto end = std::chrono::steady_clock::now() + delay;
  while (std::chrono::steady_clock::now() < end) {
    check_stop();
    std::this_thread::sleep_for(std::min(delay, std::chrono::milliseconds(50)));
  }
}

/// Calls `attempt` until it succeeds, cannot succeed, or has failed `tries` times without `progress()`
/// growing.
void retry(const std::string& url,
           const DownloadOptions& options,
           const std::function<HttpGet::Outcome()>& attempt,
           const std::function<std::int64_t()>& progress) {
  std::int64_t furthest = progress();
  int tries_left = options.tries;
  for (auto delay = options.first_delay;; delay *= 2) {
    const HttpGet::Outcome outcome = attempt();
    if (outcome.ok) return;
    if (progress() > furthest) {
      furthest = progress();
      tries_left = options.tries;
      delay = options.first_delay;
    }
    if (!outcome.may_pass || --tries_left <= 0)
      throw Error(ErrorKind::data, fmt::format("cannot download {}", url_without_password(url)), outcome.why);
    log_warning("{}: {}; trying again in {:.1f} s", url_without_password(url), outcome.why,
                std::chrono::duration<double>(delay).count());
    wait(delay);
  }
}

/// What names this version of the file, so that a later request can ask for the rest of the same one; empty if that
/// cannot be said in a request and kept in a note.
std::string validator_of(const HttpGet& request) {
  const std::string etag = request.header("ETag");
  const bool is_exact = !etag.empty() && !etag.starts_with("W/") && PartFile::can_be_noted(etag);
  const std::string validator = is_exact ? etag : request.header("Last-Modified");
  return PartFile::can_be_noted(validator) ? validator : "";
}

[[noreturn]] void fail_wrong_file(const std::string& url, const std::string& why) {
  throw Error(ErrorKind::data, fmt::format("{} is not the expected file", url_without_password(url)), why);
}

/// One try to get the rest of the part.
HttpGet::Outcome fetch_rest(HttpGet& request,
                            PartFile& part,
                            const std::string& url,
                            const ExpectedFile& expected,
                            const DownloadOptions& options,
                            Progress& progress) {
  const std::int64_t from = part.size();
  bool begun = false, wrong_range = false;
  const auto reject = [&](const std::string& why) {
    part.restart({});
    fail_wrong_file(url, why);
  };
  const auto begin = [&] {
    begun = true;
    if (request.status() == 206) {
      const std::string version = validator_of(request);  // not every server heeds If-Range
      wrong_range = !request.header("Content-Range").starts_with(fmt::format("bytes {}-", from)) ||
                    (from > 0 && !version.empty() && version != part.validator());
      if (wrong_range) return part.restart({});
    } else {
      part.restart(validator_of(request));  // it ignores ranges, or the file has changed
    }
    const std::int64_t length = request.content_length(), size = part.size() + length;
    if (expected.bytes > 0 && length >= 0 && size != expected.bytes)
      reject(fmt::format("it has {} bytes instead of {}", format_count(size), format_count(expected.bytes)));
  };
  const std::int64_t limit = expected.bytes > 0 ? expected.bytes : options.max_bytes;
  request.on_body = [&](std::string_view bytes) {
    if (!begun) begin();
    if (wrong_range) return;
    if (part.size() + static_cast<std::int64_t>(bytes.size()) > limit)
      reject(fmt::format("it has more than {} bytes", format_count(limit)));
    part.append(bytes);
  };
  request.on_progress = [&](std::int64_t still_to_come) {
    if (still_to_come > 0) progress.set_total(part.size() + still_to_come);
    progress.update(part.size());
  };
  HttpGet::Outcome outcome = request.get(from, part.validator());
  if (!outcome.ok) progress.clear();  // a line of log follows
  if (!outcome.ok && request.status() == 416) {
    part.restart({});  // the part is longer than the file: it cannot be its beginning
    return {.may_pass = true, .why = "the server does not have the rest of the file"};
  }
  if (!outcome.ok) return outcome;
  if (!begun) begin();
  if (wrong_range)
    return {.may_pass = true, .why = "the server sent something else than the rest of the file"};
  if (part.size() < expected.bytes)
    return {.may_pass = true,
            .why = fmt::format("the connection ended after {} of {} bytes", format_count(part.size()),
                               format_count(expected.bytes))};
  return outcome;
}

}  // namespace

std::string why_not_expected(const fs::path& path, const ExpectedFile& expected) {
  const MappedFile file(path);
  const auto size = static_cast<std::int64_t>(file.text().size());
  if (expected.bytes > 0 && size != expected.bytes)
    return fmt::format("it has {} bytes instead of {}", format_count(size), format_count(expected.bytes));
  if (!expected.sha256.empty())
    if (const std::string actual = sha256_hex(file.text()); actual != expected.sha256)
      return fmt::format("wrong checksum: its SHA-256 is {}, expected is {}", actual, expected.sha256);
  if (!expected.md5.empty())
    if (const std::string actual = md5_hex(file.text()); actual != expected.md5)
      return fmt::format("wrong checksum: its MD5 is {}, expected is {}", actual, expected.md5);
  return {};
}

bool download(const std::string& url,
              const fs::path& file,
              const ExpectedFile& expected,
              const DownloadOptions& options) {
  HttpGet request(url, options);
  const auto check_place = [&] {
    std::error_code absent;
    const fs::file_status there = fs::status(file, absent);
    if (fs::exists(there) && !fs::is_regular_file(there))
      throw Error(ErrorKind::data, fmt::format("{} is there and is no regular file", file.string()), {},
                  "remove it");
    return fs::exists(there);
  };
  check_place();  // nothing is left beside a folder
  PartFile part(file, url);
  const bool is_there = check_place();  // another run may have fetched it by now
  if (is_there) {
    part.remove();
    return false;
  }
  Progress progress(file.filename().string(), expected.bytes, "bytes");
  const auto fetch = [&] {
    retry(
        url, options, [&] { return fetch_rest(request, part, url, expected, options, progress); },
        [&] { return part.size(); });
  };
  const bool continued = part.size() > 0;
  if (continued) log_info("{}: going on after {} bytes", part.path().string(), format_count(part.size()));
  if (!continued || part.size() != expected.bytes) fetch();
  std::string why = why_not_expected(part.path(), expected);
  if (!why.empty() && continued) {
    // The earlier run may have left a part that was never whole on the disk.
    log_warning("{}: {}; starting again", part.path().string(), why);
    part.restart({});
    fetch();
    why = why_not_expected(part.path(), expected);
  }
  if (!why.empty()) {
    part.remove();
    fail_wrong_file(url, why);
  }
  part.finish();
  return true;
}

std::string fetch_text(const std::string& url, const DownloadOptions& options) {
  HttpGet request(url, options);
  std::string text;
  request.on_body = [&](std::string_view bytes) {
    text += bytes;
    if (text.size() > kMaxTextBytes)
      fail_wrong_file(url, fmt::format("it has more than {} bytes", format_count(kMaxTextBytes)));
  };
  const auto attempt = [&] {
    text.clear();
    return request.get();
  };
  retry(url, options, attempt, [] { return std::int64_t{0}; });
  return text;
}

}  // namespace movrec
