#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace movrec {

enum class LogLevel { debug, info, warning, error };

/// How far a piece of long work is.
struct ProgressReport {
  std::string_view label, unit;      ///< "epoch 3/20", "rows"; of the unit "bytes" people read MB
  std::int64_t done = 0, total = 0;  ///< total 0: not known
  std::int64_t first = 0;            ///< what was done when the work began (a resumed download)
  double seconds = 0;                ///< since then
  std::string_view note{};
};

/// Whoever started long work and wants to hear of it: a terminal, a file, a window. Called from the thread that does
/// the work, in which it must not throw.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void log([[maybe_unused]] LogLevel level, [[maybe_unused]] std::string_view text) {}
  virtual void progress(const ProgressReport&) {}
  /// The work of the last report has ended, or something else is to be shown.
  virtual void progress_ended() {}
};

/// Says once that work is to stop, and why: a signal's number, or any other than 0. Safe to set from a signal handler
/// and from any thread.
class StopToken {
 public:
  /// False if it had been said before.
  bool request(int reason) {
    int none = 0;
    return reason_.compare_exchange_strong(none, reason);
  }
  int reason() const { return reason_.load(std::memory_order_relaxed); }
  void reset(int reason = 0) { reason_ = reason; }

 private:
  std::atomic<int> reason_{0};
  static_assert(std::atomic<int>::is_always_lock_free);  // so that a handler may touch it
};

/// To whom the work of a thread reports, and what stops it.
struct RunContext {
  Observer* observer = nullptr;     ///< may be null: nobody listens
  const StopToken* stop = nullptr;  ///< null: process_stop()
};

/// While it lives, the work of this thread has that context; then the one before comes back. There is no other global
/// state: work on two threads reports to two observers.
class RunScope {
 public:
  explicit RunScope(RunContext);
  ~RunScope();
  RunScope(const RunScope&) = delete;
  RunScope& operator=(const RunScope&) = delete;

 private:
  RunContext before_;
};

/// Of the calling thread.
const RunContext& current_run();

}  // namespace movrec
