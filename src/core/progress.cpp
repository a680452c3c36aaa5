#include "movrec/core/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace movrec {
namespace {

ProgressMode g_mode = ProgressMode::off;

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

std::string amount(double n, std::string_view unit) {
  if (unit == "bytes") return fmt::format("{:.1f} MB", n / 1e6);
  return fmt::format("{} {}", format_count(std::llround(n)), unit);
}

}  // namespace

void set_progress_mode(ProgressMode mode) {
  g_mode = mode;
}

Progress::Progress(std::string label, std::int64_t total, std::string unit)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      started_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  clear();
}

void Progress::clear() {
  if (!visible_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  visible_ = false;
}

void Progress::update(std::int64_t done, std::string_view note) {
  if (g_mode == ProgressMode::off) return;
  const auto now = std::chrono::steady_clock::now();
  if (first_ < 0) first_ = done, started_ = now;
  if (visible_ && now - drawn_ < std::chrono::milliseconds(100) && done < total_) return;
  drawn_ = now;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  const double rate = seconds > 0.05 ? static_cast<double>(done - first_) / seconds : 0;
  std::string line = label_;
  if (total_ > 0) {
    const double share = std::clamp(static_cast<double>(done) / static_cast<double>(total_), 0.0, 1.0);
    constexpr int kWidth = 24;
    const int filled = static_cast<int>(share * kWidth);
    line += fmt::format(" [{:#<{}}{:.<{}}] {:3.0f}%", "", filled, "", kWidth - filled, share * 100);
  } else {
    line += fmt::format(" {}", amount(static_cast<double>(done), unit_));
  }
  if (rate > 0) {
    line += fmt::format("  {}/s", amount(rate, unit_));
    if (total_ > done)
      line += fmt::format("  {} left", format_duration(static_cast<double>(total_ - done) / rate));
  }
  if (!note.empty()) line += fmt::format("  {}", note);
  line.resize(std::min(line.size(), terminal_width() - 1));
  fmt::print(stderr, "\r{}\033[K", line);
  std::fflush(stderr);
  visible_ = true;
}

std::string format_duration(double seconds) {
  const auto total = static_cast<std::int64_t>(std::ceil(std::max(seconds, 0.0)));
  if (total >= 3600) return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
  return fmt::format("{}:{:02}", total / 60, total % 60);
}

std::string format_count(std::int64_t n) {
  std::string digits = std::to_string(n);
  const std::size_t first = digits[0] == '-' ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

}  // namespace movrec
