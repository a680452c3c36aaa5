#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "movrec/fetch/download.hpp"

namespace movrec {

/// Repeated GET requests for one URL: each `get` is one try.
class HttpGet {
 public:
  HttpGet(const std::string& url, const DownloadOptions&);
  HttpGet(const HttpGet&) = delete;
  HttpGet& operator=(const HttpGet&) = delete;

  /// How a try ended.
  struct Outcome {
    bool ok = false;
    bool may_pass = false;  ///< worth another try
    std::string why{};      ///< for people
  };

  /// Is given the body piece by piece, while status() and header() already speak of this reply. May throw.
  std::function<void(std::string_view)> on_body;
  /// Is asked about once a second, and with each piece, with the bytes that are still to come (0 if unknown).
  std::function<void(std::int64_t)> on_progress;

  /// `from` > 0 asks for the bytes from there on, if the file is still the one that `validator` names.
  /// Rethrows what on_body threw; throws Interrupted after a signal.
  Outcome get(std::int64_t from = 0, const std::string& validator = {});

  long status() const;
  /// The last reply's header, empty if absent.
  std::string header(const char* name) const;
  /// -1 if the server did not say.
  std::int64_t content_length() const;

 private:
  static std::size_t write(char* data, std::size_t size, std::size_t count, void* self);
  static int progress(void* self, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t);

  template <class Value>
  void set(CURLoption option, Value value);
  Outcome outcome_of(CURLcode) const;

  struct Cleanup {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  };
  std::unique_ptr<CURL, Cleanup> curl_;
  std::string error_text_;
  std::exception_ptr thrown_;
};

}  // namespace movrec
