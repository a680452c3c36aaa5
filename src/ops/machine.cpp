#include "movrec/ops/machine.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/util/Logging.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <omp.h>
#include <sched.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>

#include "movrec/core/error.hpp"

namespace movrec {
namespace {

/// Debian's LibTorch writes its warnings through glog to stderr; what matters to a person arrives as an
/// exception.
void silence_libtorch() {
#ifdef C10_USE_GLOG
  FLAGS_minloglevel = google::GLOG_FATAL;
#endif
}

/// The quota of one control group in cores, or infinity. `text` is "QUOTA PERIOD" or "max PERIOD".
double quota_of(const std::filesystem::path& cpu_max) {
  std::ifstream file(cpu_max);
  double quota = 0, period = 0;
  return file >> quota >> period && quota > 0 && period > 0 ? quota / period : INFINITY;
}

double cgroup_cores() {
  const std::filesystem::path base = "/sys/fs/cgroup";
  double cores = quota_of(base / "cpu.max");
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::/")) continue;  // version 2
    for (std::filesystem::path group = line.substr(4); !group.empty(); group = group.parent_path())
      cores = std::min(cores, quota_of(base / group / "cpu.max"));
  }
  double quota = 0, period = 0;  // version 1; the quota is -1 where there is none
  if (std::ifstream(base / "cpu/cpu.cfs_quota_us") >> quota &&
      std::ifstream(base / "cpu/cpu.cfs_period_us") >> period && quota > 0 && period > 0)
    cores = std::min(cores, quota / period);
  return cores;
}

std::string library_of(const char* symbol) {
  void* address = dlsym(RTLD_DEFAULT, symbol);
  Dl_info info{};
  if (address == nullptr || dladdr(address, &info) == 0 || info.dli_fname == nullptr) return "";
  std::error_code ignored;
  const auto real = std::filesystem::canonical(info.dli_fname, ignored);
  return real.empty() ? info.dli_fname : real.string();
}

std::string text_of_call(const char* symbol) {
  void* address = dlsym(RTLD_DEFAULT, symbol);
  return address == nullptr ? "" : reinterpret_cast<const char* (*)()>(address)();
}

BlasInfo find_blas() {
  BlasInfo blas;
  blas.path = library_of("sgemm_");
  const auto loaded = [&](std::string_view part) { return blas.path.find(part) != std::string::npos; };
  if (at::hasMKL()) {
    blas.name = "MKL";
  } else if (loaded("openblas")) {
    blas.name = "OpenBLAS";
    blas.core = text_of_call("openblas_get_corename");
    if (const std::string real = library_of("openblas_get_corename"); !real.empty()) blas.path = real;
  } else if (loaded("blis")) {
    blas.name = "BLIS";
  } else if (loaded("atlas")) {
    blas.name = "ATLAS";
  } else if (loaded("libblas.so")) {
    blas.name = "reference BLAS";
    blas.slow = true;
  } else {
    blas.name = std::filesystem::path(blas.path).filename().string();
  }
  return blas;
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(std::min(line.find(": ") + 2, line.size()));
  return "unknown";
}

/// "AVX2" out of "  - CPU capability usage: AVX2".
std::string cpu_capability() {
  const std::string text = at::show_config();
  constexpr std::string_view kMark = "CPU capability usage: ";
  const std::size_t at = text.find(kMark);
  if (at == std::string::npos) return "";
  return text.substr(at + kMark.size(), text.find('\n', at) - at - kMark.size());
}

}  // namespace

std::int64_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const double own = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return std::max<std::int64_t>(1, std::llround(std::floor(std::min(own, std::ceil(cgroup_cores())))));
}

double available_memory() {
  std::ifstream meminfo("/proc/meminfo");
  std::string line;
  while (std::getline(meminfo, line))
    if (line.starts_with("MemAvailable:")) return 1024 * std::strtod(line.c_str() + 13, nullptr);
  return 0;
}

void set_threads(std::int64_t threads) {
  silence_libtorch();
  // More than OMP_THREAD_LIMIT allows would never come, and OpenBLAS waits for them.
  const std::int64_t limit = omp_get_thread_limit();
  at::set_num_threads(static_cast<int>(std::min(threads == 0 ? usable_cores() : threads, limit)));
  // Once a process: LibTorch refuses it later.
  [[maybe_unused]] static const bool once = [] {
    at::set_num_interop_threads(1);
    return true;
  }();
}

std::string resolve_device(std::string_view text) {
  silence_libtorch();
  if (text == "cpu") return "cpu";
  const auto devices = static_cast<std::int64_t>(torch::cuda::device_count());
  if (text == "auto") return devices > 0 ? "cuda:0" : "cpu";
  const char* end = text.data() + text.size();
  std::int64_t number = 0;
  if (text.starts_with("cuda:")) {
    const auto [stop, error] = std::from_chars(text.data() + 5, end, number);
    if (error != std::errc{} || stop != end) number = -1;
  }
  if (number < 0 || (text != "cuda" && !text.starts_with("cuda:")))
    throw Error(ErrorKind::usage, fmt::format("‹device›: '{}' is not allowed", text),
                "expected auto, cpu, cuda or cuda:N", "‹device› auto");
  if (!at::hasCUDA())
    throw Error(ErrorKind::usage, fmt::format("‹device› {}: this movrec cannot use a GPU", text),
                fmt::format("it was built with LibTorch {} without CUDA", TORCH_VERSION), "‹device› cpu");
  if (number >= devices)
    throw Error(ErrorKind::usage, fmt::format("‹device› {}: there is no such GPU", text),
                fmt::format("LibTorch sees {} of them", devices), "‹device› auto");
  return fmt::format("cuda:{}", number);
}

MachineInfo machine_info() {
  MachineInfo info{.cpu = cpu_name(),
                   .libtorch = TORCH_VERSION,
                   .capability = cpu_capability(),
                   .blas = find_blas(),
                   .cores = usable_cores(),
                   .threads = at::get_num_threads()};
  for (std::size_t i = 0; i < torch::cuda::device_count(); ++i)
    info.cuda_devices.push_back(fmt::format("cuda:{}", i));
  return info;
}

double gemm_gflops(double seconds, const std::string& device) {
  using Clock = std::chrono::steady_clock;
  const at::TensorOptions options = at::TensorOptions(at::kFloat).device(device);
  const bool is_cpu = options.device().is_cpu();
  const std::int64_t size = is_cpu ? 1024 : 8192;
  const at::Tensor a = at::ones({size, size}, options), b = at::ones({size, size}, options);
  at::Tensor c = at::empty({size, size}, options);
  const auto multiply = [&] {
    at::mm_out(c, a, b);
    if (!is_cpu) c[0][0].item<float>();  // waits for the GPU
  };
  multiply();  // starts the threads
  const auto begin = Clock::now();
  double elapsed = 0;
  int products = 0;
  do {
    multiply();
    ++products;
    elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
  } while (elapsed < seconds);
  const auto n = static_cast<double>(size);
  return 2e-9 * n * n * n * products / elapsed;
}

}  // namespace movrec
