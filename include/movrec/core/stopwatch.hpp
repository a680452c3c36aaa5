#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace movrec {

/// Adds up the time between laps by the phase that ends with each.
class Stopwatch {
 public:
  explicit Stopwatch(std::vector<std::string_view> names)
      : names_(std::move(names)), seconds_(names_.size()) {}

  void start() { last_ = Clock::now(); }
  void lap(std::size_t phase) {
    const Clock::time_point now = Clock::now();
    seconds_[phase] += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }
  std::vector<std::pair<std::string, double>> phases() const {
    std::vector<std::pair<std::string, double>> out;
    for (std::size_t i = 0; i < names_.size(); ++i) out.emplace_back(names_[i], seconds_[i]);
    return out;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::vector<std::string_view> names_;
  std::vector<double> seconds_;
  Clock::time_point last_ = Clock::now();
};

}  // namespace movrec
