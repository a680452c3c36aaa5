#include "movrec/core/stop.hpp"

#include <csignal>
#include <ctime>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>

namespace movrec {
namespace {

StopToken g_process_stop;  // signal handlers reach nothing but globals

std::atomic<std::int64_t> g_stopped_ms{0};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

std::int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);  // safe in a handler
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

extern "C" void on_signal(int signal) {
  // The threads of a killed parent die one by one, and Linux sends its children SIGTERM for each: one wish, not many.
  constexpr std::int64_t kSameWishMs = 1000;
  if (g_process_stop.request(signal))
    g_stopped_ms = now_ms();
  else if (signal == SIGINT || now_ms() - g_stopped_ms > kSameWishMs)
    std::_Exit(128 + signal);
}

}  // namespace

void install_stop_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
  struct sigaction before {};  // nohup has it ignored
  if (sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
    sigaction(SIGHUP, &action, nullptr);
}

StopToken& process_stop() {
  return g_process_stop;
}

int stop_signal() {
  const StopToken* token = current_run().stop;
  return (token != nullptr ? *token : g_process_stop).reason();
}

void check_stop() {
  if (const int signal = stop_signal()) throw Interrupted(signal);
}

}  // namespace movrec
