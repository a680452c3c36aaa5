#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "movrec/cli/run.hpp"

namespace {

/// Between parallel regions OpenMP's threads spin, by default; where another process wants the core, each
/// region then waits for a thread that does not run, and training is up to ten times slower. OpenMP reads its
/// environment before main, so the only cure from inside is to start again. Short commands do without.
void restart_with_sleeping_threads(int argc, char** argv) {
  if (argc < 2 || std::string_view(argv[1]) != "train") return;
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  setenv("OMP_WAIT_POLICY", "passive", 0);
  execv("/proc/self/exe", argv);  // returns only where it fails, and then nothing is lost
}

}  // namespace

int main(int argc, char** argv) {
  restart_with_sleeping_threads(argc, argv);
  return movrec::cli::run(argc, argv, std::cout, std::cerr);
}
