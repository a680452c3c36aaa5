#include "movrec/core/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "movrec/core/run_context.hpp"

namespace movrec {

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
  visible_ = false;
  if (Observer* observer = current_run().observer) observer->progress_ended();
}

void Progress::update(std::int64_t done, std::string_view note) {
  Observer* observer = current_run().observer;
  if (observer == nullptr) return;
  const auto now = std::chrono::steady_clock::now();
  if (first_ < 0) first_ = done, started_ = now;
  visible_ = true;
  observer->progress({.label = label_,
                      .unit = unit_,
                      .done = done,
                      .total = total_,
                      .first = first_,
                      .seconds = std::chrono::duration<double>(now - started_).count(),
                      .note = note});
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
