#pragma once

#include <fmt/core.h>

#include <filesystem>
#include <iosfwd>
#include <memory>
#include <string_view>
#include <utility>

#include "movrec/core/run_context.hpp"

namespace movrec {

/// Tells the thread's observer, if there is one.
void log_text(LogLevel, std::string_view text);

template <class... Args>
void log_debug(fmt::format_string<Args...> text, Args&&... args) {
  if (current_run().observer != nullptr)
    log_text(LogLevel::debug, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> text, Args&&... args) {
  if (current_run().observer != nullptr)
    log_text(LogLevel::info, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> text, Args&&... args) {
  if (current_run().observer != nullptr)
    log_text(LogLevel::warning, fmt::format(text, std::forward<Args>(args)...));
}

enum class Verbosity { quiet, normal, verbose };

/// Whether `stream` is std::cout or std::cerr and that is a terminal.
bool is_terminal(const std::ostream& stream);
/// Whether colours and cursor movements may be written to it: a terminal, TERM is not dumb.
bool is_smart_terminal(const std::ostream& stream);
/// is_smart_terminal, and NO_COLOR is not set.
bool wants_colour(const std::ostream& stream);

/// Shows a person what it hears: details and information as they are, warnings as `movrec: warning: …`, errors as
/// `movrec: error: …`. quiet shows errors only, verbose details too. On a smart terminal and unless quiet, progress
/// is one line, redrawn at most ten times a second and wiped when the work ends, so that it never mixes with results.
class Console final : public Observer {
 public:
  Console(std::ostream& stream, Verbosity);
  ~Console() override;

  void log(LogLevel, std::string_view text) override;
  void progress(const ProgressReport&) override;
  void progress_ended() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// While it lives, what this thread's work says, shown or not, is also appended to a file, with date and level; all of
/// it goes on to the observer that was there before.
class LogFile final : public Observer {
 public:
  /// Error{failure} if the file cannot be opened.
  explicit LogFile(const std::filesystem::path&);
  ~LogFile() override;

  void log(LogLevel, std::string_view text) override;
  void progress(const ProgressReport&) override;
  void progress_ended() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace movrec
