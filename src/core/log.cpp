#include "movrec/core/log.hpp"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "movrec/core/error.hpp"

namespace movrec {
namespace {

class PlainFormatter : public spdlog::formatter {
 public:
  PlainFormatter(bool wipes_line, bool colour) : wipes_line_(wipes_line), colour_(colour) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const auto append = [&](std::string_view text) { out.append(text.data(), text.data() + text.size()); };
    if (wipes_line_) append("\r\033[K");  // a progress bar may stand on this line
    if (message.level == spdlog::level::warn)
      append(colour_ ? "\033[33mmovrec: warning:\033[0m " : "movrec: warning: ");
    if (message.level >= spdlog::level::err)
      append(colour_ ? "\033[31mmovrec: error:\033[0m " : "movrec: error: ");
    append({message.payload.data(), message.payload.size()});
    append("\n");
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<PlainFormatter>(*this);
  }

 private:
  bool wipes_line_, colour_;
};

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

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

LogScope::LogScope(std::ostream& stream, Verbosity verbosity) : before_(spdlog::default_logger()) {
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(stream, /*force_flush=*/true);
  sink->set_formatter(std::make_unique<PlainFormatter>(is_smart_terminal(stream), wants_colour(stream)));
  sink->set_level(verbosity == Verbosity::quiet     ? spdlog::level::err
                  : verbosity == Verbosity::verbose ? spdlog::level::debug
                                                    : spdlog::level::info);
  auto logger = std::make_shared<spdlog::logger>("movrec", std::move(sink));
  logger->set_level(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

LogScope::~LogScope() {
  spdlog::set_default_logger(std::move(before_));
}

LogFile::LogFile(const std::filesystem::path& path) : logger_(spdlog::default_logger()) {
  try {
    sink_ = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path.string());
  } catch (const spdlog::spdlog_ex& error) {
    fail(ErrorKind::failure, "{}: cannot be written ({})", path.string(), error.what());
  }
  sink_->set_pattern("%Y-%m-%dT%H:%M:%S %l %v");
  logger_->sinks().push_back(sink_);
  logger_->flush_on(spdlog::level::debug);
}

LogFile::~LogFile() {
  std::erase(logger_->sinks(), sink_);
}

}  // namespace movrec
