#pragma once

#include <filesystem>
#include <iosfwd>
#include <memory>

namespace spdlog {
class logger;
namespace sinks {
class sink;
}
}  // namespace spdlog

namespace movrec {

enum class Verbosity { quiet, normal, verbose };

/// Whether `stream` is std::cout or std::cerr and that is a terminal.
bool is_terminal(const std::ostream& stream);
/// Whether colours and cursor movements may be written to it: a terminal, TERM is not dumb.
bool is_smart_terminal(const std::ostream& stream);
/// is_smart_terminal, and NO_COLOR is not set.
bool wants_colour(const std::ostream& stream);

/// While it lives, spdlog::info and its sisters write to `stream`: details and information as they are,
/// warnings as `movrec: warning: …`, errors as `movrec: error: …`. quiet shows errors only, verbose details
/// too. The logger that was there before comes back at the end.
class LogScope {
 public:
  LogScope(std::ostream& stream, Verbosity);
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

 private:
  std::shared_ptr<spdlog::logger> before_;
};

/// While it lives, everything that is logged, shown or not, is also appended to a file, with date and level.
class LogFile {
 public:
  /// Error{failure} if the file cannot be opened.
  explicit LogFile(const std::filesystem::path&);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

 private:
  std::shared_ptr<spdlog::logger> logger_;
  std::shared_ptr<spdlog::sinks::sink> sink_;
};

}  // namespace movrec
