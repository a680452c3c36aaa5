#pragma once

#include <exception>

#include "movrec/core/run_context.hpp"

namespace movrec {

/// Installs handlers for SIGINT, SIGTERM and (unless it is ignored) SIGHUP that ask process_stop() for a stop; a second
/// signal ends the process at once, but for those that come within a second and are not SIGINT.
void install_stop_handlers();
/// What signals set, and what stops work that was given no token of its own.
StopToken& process_stop();

/// Why the work of this thread is to stop, usually a signal's number, or 0. Long work asks at every batch, save and
/// block.
int stop_signal();

/// Thrown by work that a stop broke off and that has nothing to save; exit code 128 + signal.
struct Interrupted : std::exception {
  explicit Interrupted(int signal_number) : signal(signal_number) {}
  const char* what() const noexcept override { return "interrupted"; }
  int signal;
};
/// Throws Interrupted if a stop was asked for.
void check_stop();

}  // namespace movrec
