#include "movrec/core/stop.hpp"

#include <csignal>

#include <atomic>
#include <cstdlib>
#include <initializer_list>

namespace movrec {
namespace {

std::atomic<int> g_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);  // so that a handler may touch it

extern "C" void on_signal(int signal) {
  if (g_signal.exchange(signal) != 0) std::_Exit(128 + signal);
}

}  // namespace

void install_stop_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

int stop_signal() {
  return g_signal.load(std::memory_order_relaxed);
}
void set_stop_signal(int signal) {
  g_signal = signal;
}

void check_stop() {
  if (const int signal = stop_signal()) throw Interrupted(signal);
}

}  // namespace movrec
