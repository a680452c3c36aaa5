#pragma once

#include <exception>

namespace movrec {

/// Installs handlers for SIGINT and SIGTERM that set a flag; a second signal ends the process at once.
void install_stop_handlers();
/// The signal that asked for a stop, or 0. Long work asks at every batch, save and block.
int stop_signal();
/// For tests, and for a fresh start of a second in-process run.
void set_stop_signal(int signal);

/// Thrown by work that a signal broke off and that has nothing to save; exit code 128 + signal.
struct Interrupted : std::exception {
  explicit Interrupted(int signal_number) : signal(signal_number) {}
  const char* what() const noexcept override { return "interrupted"; }
  int signal;
};
/// Throws Interrupted if a signal asked for a stop.
void check_stop();

}  // namespace movrec
