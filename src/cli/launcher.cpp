// What people call `movrec`. OpenMP and OpenBLAS read their environment while the loader starts them, before
// any code of the program that is linked with them; so this small program chooses it and becomes the real
// one, a millisecond later. What a person has set stands where it does no harm; `movrec doctor` shows all of it. Where
// the system allows too little for these libraries to start, they would hang or abort: this is said here.
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace {

constexpr unsigned long long kMega = 1 << 20;
/// Address space of the libraries with their buffers, and of each thread's stack.
constexpr unsigned long long kLeastMemory = 1200 * kMega, kThreadMemory = 20 * kMega;
constexpr int kMostTriedThreads = 256;

[[noreturn]] void refuse(const char* what, const char* remedy) {
  std::fprintf(stderr, "movrec: error: %s\n  try: %s\n", what, remedy);
  std::exit(1);
}

/// Between parallel regions OpenMP's threads spin, by default for many milliseconds; where another process
/// wants the core, training gets ten times slower. A thousand rounds are about 50 µs; then they sleep.
void choose_spinning() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "1000", 0);
}

/// OpenBLAS waits for ever for threads that OpenMP, told to adjust their number, does not give it; and sums are added
/// in the order that the number of threads gives.
void choose_fixed_teams() {
  setenv("OMP_DYNAMIC", "false", 1);
}

/// The number that a variable begins with ("4", or "4,2"); 0 if there is none.
int number_in(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : static_cast<int>(std::clamp(std::strtol(text, nullptr, 10), 0L, 1'000'000L));
}

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(CPU_COUNT(&set), 1) : 1;
}

/// How many threads OpenBLAS and OpenMP start with; never more than OMP_THREAD_LIMIT allows, for OpenBLAS does not
/// look at it and waits for the rest.
int choose_threads() {
  const int limit = number_in("OMP_THREAD_LIMIT"), asked = number_in("OMP_NUM_THREADS");
  const int threads = asked > 0 ? asked : usable_cores();
  if (limit > 0 && limit < threads) {
    setenv("OMP_NUM_THREADS", std::to_string(limit).c_str(), 1);
    return limit;
  }
  return threads;
}

/// OpenBLAS takes a processor younger than itself for a Haswell. Its AVX-512 kernels are nearly twice as fast
/// wherever the instructions are there.
void choose_blas_kernels() {
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
#endif
}

void check_memory(int threads) {
  const unsigned long long needed = kLeastMemory + static_cast<unsigned long long>(threads) * kThreadMemory;
  struct Limit {
    __rlimit_resource_t resource;
    const char* command;
  };
  for (const Limit& limit : {Limit{RLIMIT_AS, "ulimit -v"}, Limit{RLIMIT_DATA, "ulimit -d"}}) {
    rlimit allowed{};
    if (getrlimit(limit.resource, &allowed) != 0 || allowed.rlim_cur == RLIM_INFINITY ||
        allowed.rlim_cur >= needed)
      continue;
    char what[160];
    std::snprintf(what, sizeof what, "%s allows %llu MB of memory, and movrec needs %llu MB to start",
                  limit.command, static_cast<unsigned long long>(allowed.rlim_cur) / kMega, needed / kMega);
    refuse(what, (std::string(limit.command) + " unlimited").c_str());
  }
}

void* wait_for_all(void* lock) {
  pthread_mutex_lock(static_cast<pthread_mutex_t*>(lock));
  pthread_mutex_unlock(static_cast<pthread_mutex_t*>(lock));
  return nullptr;
}

/// Starts as many threads as the libraries will, all at once, to see whether the system gives them.
void check_threads(int threads) {
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&lock);
  std::vector<pthread_t> started;
  int code = 0;
  for (int k = 1; k < std::min(threads, kMostTriedThreads) && code == 0; ++k) {
    pthread_t thread{};
    code = pthread_create(&thread, nullptr, wait_for_all, &lock);
    if (code == 0) started.push_back(thread);
  }
  pthread_mutex_unlock(&lock);
  for (const pthread_t thread : started) pthread_join(thread, nullptr);
  if (code == 0) return;
  char what[160];
  std::snprintf(what, sizeof what, "cannot start %d threads: %s", threads, std::strerror(code));
  refuse(what, "a higher ulimit -u, or OMP_NUM_THREADS=1");
}

}  // namespace

int main(int, char** argv) {
  choose_spinning();
  choose_fixed_teams();
  choose_blas_kernels();
  const int threads = choose_threads();
  check_memory(threads);
  check_threads(threads);
  std::error_code error;
  const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"movrec-main", "../libexec/movrec/movrec-main"})
    execv((here / place).c_str(), argv);  // returns only where there is nothing to run
  std::fprintf(
      stderr,
      "movrec: error: cannot start %s/../libexec/movrec/movrec-main: %s\n  try: install movrec again\n",
      here.c_str(), std::strerror(errno));
  return 1;
}
