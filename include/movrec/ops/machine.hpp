#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace movrec {

/// What LibTorch computes with.
struct BlasInfo {
  std::string name;   ///< "OpenBLAS", "BLIS", "MKL", "reference BLAS"
  std::string path;   ///< of the shared library
  std::string core;   ///< the kernels it chose ("SkylakeX"), where it says
  bool slow = false;  ///< the reference implementation: 30 to 60 times slower
};

struct MachineInfo {
  std::string cpu, libtorch;
  std::string capability;  ///< instructions of LibTorch's kernels: AVX2, AVX512
  BlasInfo blas;
  std::int64_t cores = 0;    ///< that this process may use
  std::int64_t threads = 0;  ///< that LibTorch uses
  std::vector<std::string> cuda_devices{};
};

/// The command that cures a slow BLAS.
inline constexpr std::string_view kBlasRemedy = "apt-get install libopenblas0-openmp";

/// CPU cores that this process may use: its affinity, capped by the control group's quota.
std::int64_t usable_cores();

/// Bytes that can be had without swapping, as the kernel estimates it; 0 where it does not say.
double available_memory();

/// Threads of LibTorch, OpenMP and BLAS; 0 means usable_cores(). Also keeps LibTorch's own log off stderr.
void set_threads(std::int64_t threads);

/// "auto", "cpu", "cuda" or "cuda:N" as "cpu" or "cuda:N". Error{usage} for anything else and for a device
/// that is not there.
std::string resolve_device(std::string_view text);

/// After set_threads.
MachineInfo machine_info();

/// Speed of a single-precision matrix product on a device of resolve_device, in 10^9 operations a second,
/// measured for about `seconds`.
double gemm_gflops(double seconds, const std::string& device = "cpu");

}  // namespace movrec
