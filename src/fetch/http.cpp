#include "fetch/http.hpp"

#include "movrec/core/build_info.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/core/stop.hpp"

namespace movrec {
namespace {

constexpr long kMaxRedirects = 10;
constexpr long kStallBytesPerSecond = 1000;

/// What stands before the @ of a text that is no URL may be a password all the same.
std::string without_credentials(const std::string& text) {
  const std::size_t at = text.rfind('@'), scheme = text.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  return at == std::string::npos || at < begin ? text : text.substr(0, begin) + text.substr(at + 1);
}

/// A parsed http or https URL.
class Url {
 public:
  explicit Url(const std::string& text) : url_(curl_url(), curl_url_cleanup) {
    const bool parsed = curl_url_set(url_.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
    const std::string scheme = parsed ? get(CURLUPART_SCHEME) : "";
    if (scheme != "http" && scheme != "https")
      fail(ErrorKind::usage, "'{}' is not an http or https URL", shown(without_credentials(text)));
  }
  std::string get(CURLUPart part) const {
    char* text = nullptr;
    if (curl_url_get(url_.get(), part, &text, 0) != CURLUE_OK) return {};
    const std::unique_ptr<char, void (*)(void*)> owner(text, curl_free);
    return text;
  }
  void set(CURLUPart part, const char* value) { curl_url_set(url_.get(), part, value, 0); }

 private:
  std::unique_ptr<CURLU, void (*)(CURLU*)> url_;
};

bool is_worth_another_try(CURLcode code, long status) {
  switch (code) {
    case CURLE_HTTP_RETURNED_ERROR:
      return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string url_without_password(const std::string& url) {
  Url parsed(url);
  parsed.set(CURLUPART_USER, nullptr);
  parsed.set(CURLUPART_PASSWORD, nullptr);
  return parsed.get(CURLUPART_URL);
}

std::string url_path(const std::string& url) {
  return Url(url).get(CURLUPART_PATH);
}

std::string append_to_url_path(const std::string& url, const std::string& suffix) {
  Url parsed(url);
  parsed.set(CURLUPART_PATH, (parsed.get(CURLUPART_PATH) + suffix).c_str());
  return parsed.get(CURLUPART_URL);
}

template <class Value>
void HttpGet::set(CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(curl_.get(), option, value);
  if (code != CURLE_OK) fail(ErrorKind::failure, "libcurl: {}", curl_easy_strerror(code));
}

HttpGet::HttpGet(const std::string& url, const DownloadOptions& options)
    : error_text_(CURL_ERROR_SIZE, '\0') {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  curl_.reset(ready == CURLE_OK ? curl_easy_init() : nullptr);
  if (!curl_) fail(ErrorKind::failure, "libcurl does not start: {}", curl_easy_strerror(ready));

  // A redirect must not leave TLS, nor reach a file of this machine.
  const bool secure = Url(url).get(CURLUPART_SCHEME) == "https";
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, kMaxRedirects);
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, fmt::format("movrec/{}", build_info().version).c_str());
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_WRITEFUNCTION, &HttpGet::write);
  set(CURLOPT_XFERINFOFUNCTION, &HttpGet::progress);
  set(CURLOPT_NOPROGRESS, 0L);
}

HttpGet::Outcome HttpGet::get(std::int64_t from, const std::string& validator) {
  // Not CURLOPT_RESUME_FROM: it gives up where the server sends the whole file instead of the range.
  const std::string range = fmt::format("{}-", from);
  const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers(
      from > 0 ? curl_slist_append(nullptr, fmt::format("If-Range: {}", validator).c_str()) : nullptr,
      curl_slist_free_all);
  set(CURLOPT_RANGE, from > 0 ? range.c_str() : static_cast<const char*>(nullptr));
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_XFERINFODATA, this);
  error_text_[0] = '\0';
  thrown_ = nullptr;
  const CURLcode code = curl_easy_perform(curl_.get());
  if (thrown_) std::rethrow_exception(thrown_);
  check_stop();
  return outcome_of(code);
}

HttpGet::Outcome HttpGet::outcome_of(CURLcode code) const {
  if (code == CURLE_OK) return {.ok = true};
  Outcome outcome{.may_pass = is_worth_another_try(code, status())};
  const std::string_view detail = error_text_.c_str();
  if (code == CURLE_HTTP_RETURNED_ERROR)
    outcome.why = fmt::format("the server answered with HTTP status {}", status());
  else
    outcome.why = detail.empty() ? curl_easy_strerror(code) : std::string(detail);
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
    outcome.why += " (are root certificates installed? Debian: apt install ca-certificates)";
  return outcome;
}

long HttpGet::status() const {
  long status = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

std::string HttpGet::header(const char* name) const {
  curl_header* found = nullptr;
  constexpr int kLastReply = -1;
  if (curl_easy_header(curl_.get(), name, 0, CURLH_HEADER, kLastReply, &found) != CURLHE_OK) return {};
  return found->value;
}

std::int64_t HttpGet::content_length() const {
  curl_off_t length = -1;
  curl_easy_getinfo(curl_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  return length;
}

std::size_t HttpGet::write(char* data, std::size_t size, std::size_t count, void* self) {
  auto& request = *static_cast<HttpGet*>(self);
  try {
    request.on_body({data, size * count});
    return size * count;
  } catch (...) {
    request.thrown_ = std::current_exception();  // C code lies between here and `get`
    return 0;
  }
}

int HttpGet::progress(void* self, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
  auto& request = *static_cast<HttpGet*>(self);
  if (request.on_progress) request.on_progress(total > now ? total - now : 0);
  return stop_signal();
}

}  // namespace movrec
