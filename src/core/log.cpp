#include "movrec/core/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

#include "movrec/core/error.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

std::string amount(double n, std::string_view unit) {
  if (unit == "bytes") return fmt::format("{:.1f} MB", n / 1e6);
  return fmt::format("{} {}", format_count(std::llround(n)), unit);
}

/// "epoch 3/20 [######..] 25%  1,000 rows/s  0:07 left".
std::string bar_of(const ProgressReport& report) {
  const auto done = static_cast<double>(report.done), total = static_cast<double>(report.total);
  const double rate =
      report.seconds > 0.05 ? static_cast<double>(report.done - report.first) / report.seconds : 0;
  std::string line(report.label);
  if (report.total > 0) {
    const double share = std::clamp(done / total, 0.0, 1.0);
    constexpr int kWidth = 24;
    const int filled = static_cast<int>(share * kWidth);
    line += fmt::format(" [{:#<{}}{:.<{}}] {:3.0f}%", "", filled, "", kWidth - filled, share * 100);
  } else {
    line += fmt::format(" {}", amount(done, report.unit));
  }
  if (rate > 0) {
    line += fmt::format("  {}/s", amount(rate, report.unit));
    if (report.total > report.done) line += fmt::format("  {} left", format_duration((total - done) / rate));
  }
  if (!report.note.empty()) line += fmt::format("  {}", report.note);
  return line;
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

void log_text(LogLevel level, std::string_view text) {
  if (Observer* observer = current_run().observer) observer->log(level, shown_message(text));
}

bool is_terminal(const std::ostream& stream) {
  return (&stream == &std::cout && isatty(STDOUT_FILENO) != 0) ||
         (&stream == &std::cerr && isatty(STDERR_FILENO) != 0);
}

bool is_smart_terminal(const std::ostream& stream) {
  const char* term = std::getenv("TERM");
  return is_terminal(stream) && term != nullptr && std::string_view(term) != "dumb";
}

bool wants_colour(const std::ostream& stream) {
  return is_smart_terminal(stream) && !is_set("NO_COLOR");
}

struct Console::State {
  std::ostream& stream;
  LogLevel shown_from;
  bool colour, draws_bars;
  bool bar_is_visible = false;
  std::chrono::steady_clock::time_point drawn{};
};

Console::Console(std::ostream& stream, Verbosity verbosity)
    : state_(new State{.stream = stream,
                       .shown_from = verbosity == Verbosity::quiet     ? LogLevel::error
                                     : verbosity == Verbosity::verbose ? LogLevel::debug
                                                                       : LogLevel::info,
                       .colour = wants_colour(stream),
                       .draws_bars = is_smart_terminal(stream) && verbosity != Verbosity::quiet}) {}

Console::~Console() {
  progress_ended();
}

void Console::log(LogLevel level, std::string_view text) {
  if (level < state_->shown_from) return;
  progress_ended();
  std::string_view prefix;
  if (level == LogLevel::warning)
    prefix = state_->colour ? "\033[33mmovrec: warning:\033[0m " : "movrec: warning: ";
  if (level == LogLevel::error)
    prefix = state_->colour ? "\033[31mmovrec: error:\033[0m " : "movrec: error: ";
  state_->stream << fmt::format("{}{}\n", prefix, text) << std::flush;
}

void Console::progress(const ProgressReport& report) {
  if (!state_->draws_bars) return;
  const auto now = std::chrono::steady_clock::now();
  const bool is_last = report.total > 0 && report.done >= report.total;
  if (state_->bar_is_visible && now - state_->drawn < std::chrono::milliseconds(100) && !is_last) return;
  state_->drawn = now;
  std::string line = bar_of(report);
  line.resize(std::min(line.size(), terminal_width() - 1));
  state_->stream << fmt::format("\r{}\033[K", line) << std::flush;
  state_->bar_is_visible = true;
}

void Console::progress_ended() {
  if (std::exchange(state_->bar_is_visible, false)) state_->stream << "\r\033[K" << std::flush;
}

struct LogFile::State {
  spdlog::logger logger;
  Observer* next;
  std::optional<RunScope> scope;
};

LogFile::LogFile(const std::filesystem::path& path) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path.string());
    state_.reset(new State{spdlog::logger("movrec", std::move(sink)), current_run().observer, {}});
  } catch (const spdlog::spdlog_ex& error) {
    fail(ErrorKind::failure, "{}: cannot be written ({})", path.string(), error.what());
  }
  state_->logger.set_pattern("%Y-%m-%dT%H:%M:%S %l %v");
  state_->logger.set_level(spdlog::level::debug);
  state_->logger.flush_on(spdlog::level::debug);
  // A full disk is said once, as everything else is; the logger's own words would go around whoever listens.
  state_->logger.set_error_handler([next = state_->next, path, told = false](const std::string&) mutable {
    if (next != nullptr && !std::exchange(told, true))
      next->log(LogLevel::warning, fmt::format("{} cannot be written any more", path.string()));
  });
  RunContext context = current_run();
  context.observer = this;
  state_->scope.emplace(context);
}

LogFile::~LogFile() = default;

void LogFile::log(LogLevel level, std::string_view text) {
  state_->logger.log(level_of(level), text);
  if (state_->next != nullptr) state_->next->log(level, text);
}

void LogFile::progress(const ProgressReport& report) {
  if (state_->next != nullptr) state_->next->progress(report);
}

void LogFile::progress_ended() {
  if (state_->next != nullptr) state_->next->progress_ended();
}

}  // namespace movrec
