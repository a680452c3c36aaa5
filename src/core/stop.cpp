#include "movrec/core/stop.hpp"

#include <csignal>

#include <cstdlib>
#include <initializer_list>

namespace movrec {
namespace {

StopToken g_process_stop;  // signal handlers reach nothing but globals

extern "C" void on_signal(int signal) {
  if (!g_process_stop.request(signal)) std::_Exit(128 + signal);
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
