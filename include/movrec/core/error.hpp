#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace movrec {

/// What went wrong, in the terms of the exit code that `cli::run` returns for it.
enum class ErrorKind : int {
  failure = 1,  ///< at run time: divergence, a full disk
  usage = 2,    ///< flags, configuration
  data = 3,     ///< data sets, downloads, network
  model = 4,    ///< checkpoints and models
  gate = 5,     ///< a quality gate (`--fail-if`) failed
};

/// The one exception type of movrec. Printed as `movrec: error: WHAT`, then `why:` and `try:` lines if
/// present.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string what, std::string why = {}, std::string remedy = {});

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::string& why() const { return why_; }
  const std::string& remedy() const { return remedy_; }
  const char* what() const noexcept override { return message_.c_str(); }

  /// Puts "CONTEXT: " before the message: the layer that knows what was being done says so.
  void add_context(std::string_view context);

 private:
  ErrorKind kind_;
  std::string message_, why_, remedy_;
};

template <class... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> what, Args&&... args) {
  throw Error(kind, fmt::format(what, std::forward<Args>(args)...));
}

/// Runs `body`; an Error that leaves it gets `context` put before its message.
template <class Body>
decltype(auto) in_context(std::string_view context, Body&& body) {
  try {
    return body();
  } catch (Error& error) {
    error.add_context(context);
    throw;
  }
}

/// The text of an errno value ("No space left on device").
std::string errno_text(int code);

/// "unknown WHAT 'name' (known: a, b, c)" as an Error{usage}, with `try: CLOSEST` when one is near.
[[noreturn]] void fail_unknown(std::string_view what,
                               std::string_view name,
                               const std::string& known,
                               std::string_view closest = {});

/// The candidate with the smallest edit distance to `word`, if that is at most 2 (3 from eight letters on);
/// else "".
template <class Range>
std::string_view closest_of(std::string_view word, const Range& candidates);

std::size_t edit_distance(std::string_view a, std::string_view b);

template <class Range>
std::string_view closest_of(std::string_view word, const Range& candidates) {
  std::string_view best;
  std::size_t best_distance = word.size() >= 8 ? 4 : 3;
  for (std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < word.size()) best = candidate, best_distance = distance;
  }
  return best;
}

}  // namespace movrec
