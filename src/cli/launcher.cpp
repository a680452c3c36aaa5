// What people call `movrec`. OpenMP and OpenBLAS read their environment while the loader starts them, before
// any code of the program that is linked with them; so this small program chooses it and becomes the real
// one, a millisecond later. What a person has set stands; `movrec doctor` shows all of it.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace {

/// Between parallel regions OpenMP's threads spin, by default for many milliseconds; where another process
/// wants the core, training gets ten times slower. A thousand rounds are about 50 µs; then they sleep.
void choose_spinning() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "1000", 0);
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

}  // namespace

int main(int, char** argv) {
  choose_spinning();
  choose_blas_kernels();
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
