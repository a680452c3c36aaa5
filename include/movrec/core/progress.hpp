#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace movrec {

/// Tells the thread's observer how far long work is, its rate and the time left.
class Progress {
 public:
  /// `total` in `unit`s, 0 if unknown. Of "bytes", numbers are shown as MB.
  Progress(std::string label, std::int64_t total, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(std::int64_t done, std::string_view note = {});
  void set_total(std::int64_t total) { total_ = total; }
  /// Makes room for something else; a later update shows it again.
  void clear();

 private:
  std::string label_, unit_;
  std::int64_t total_;
  std::int64_t first_ = -1;  ///< what was done at the first update (a resumed download starts in the middle)
  std::chrono::steady_clock::time_point started_;
  bool visible_ = false;
};

/// "0:07", "12:34", "1:02:03".
std::string format_duration(double seconds);
/// 1234567 -> "1,234,567".
std::string format_count(std::int64_t n);

}  // namespace movrec
