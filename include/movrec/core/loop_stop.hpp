#pragma once

#include <atomic>
#include <thread>

#include "movrec/core/stop.hpp"

namespace movrec {

/// Whether a loop that many threads share is to stop. The thread that made it looks for the stop, for it knows whose
/// work this is, and tells the others: at the beginning, and whenever it takes a turn of the loop.
class LoopStop {
 public:
  bool asked() {
    if (std::this_thread::get_id() == beginner_ && stop_signal() != 0)
      stopped_.store(true, std::memory_order_relaxed);
    return stopped();
  }
  /// Whether any turn was told to stop.
  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }

 private:
  std::thread::id beginner_ = std::this_thread::get_id();
  std::atomic<bool> stopped_{stop_signal() != 0};
};

}  // namespace movrec
