#include "movrec/app/doctor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <string_view>
#include <utility>

#include "movrec/core/error.hpp"

extern char** environ;

namespace movrec {
namespace {

namespace fs = std::filesystem;

constexpr double kSlowGflopsPerThread = 10;
constexpr double kSmallDiskGb = 2;

Finding check_blas(const MachineInfo& machine, double gflops) {
  const BlasInfo& blas = machine.blas;
  Finding finding{
      Health::ok, "BLAS",
      fmt::format("{}{}, {:.0f} GFLOP/s on {} threads", blas.name,
                  blas.core.empty() ? "" : fmt::format(" ({})", blas.core), gflops, machine.threads)};
  if (blas.slow) {
    finding.health = Health::warning;
    finding.text += "; training is 30 to 60 times slower than it could be";
    finding.remedy = kBlasRemedy;
  } else if (gflops < kSlowGflopsPerThread * static_cast<double>(machine.threads)) {
    finding.health = Health::warning;
    finding.text += "; slow, other programs may be using the processor";
    finding.remedy = "OMP_WAIT_POLICY=passive movrec ...";
  }
  return finding;
}

Finding check_device(const std::string& device, const MachineInfo& machine) {
  try {
    const std::string resolved = resolve_device(device);
    return {Health::ok, "device",
            fmt::format("{} ({})", resolved,
                        machine.cuda_devices.empty() ? "no GPU that LibTorch can use"
                                                     : fmt::format("{} GPU", machine.cuda_devices.size()))};
  } catch (const Error& error) {
    return {Health::broken, "device", fmt::format("{} ({})", error.message(), error.why()), error.remedy()};
  }
}

/// The folder or, where it is not there yet, the nearest parent that is.
Finding check_folder(const std::string& name, const fs::path& folder, std::string_view option) {
  std::error_code ignored;
  fs::path existing = fs::absolute(folder);
  while (!fs::exists(existing, ignored) && existing != existing.parent_path())
    existing = existing.parent_path();
  if (!fs::is_directory(existing, ignored) || access(existing.c_str(), W_OK | X_OK) != 0)
    return {Health::broken, name, fmt::format("{} cannot be written", folder.string()),
            fmt::format("‹{}› DIR", option)};
  const double free_gb = static_cast<double>(fs::space(existing, ignored).available) / 1e9;
  Finding finding{Health::ok, name, fmt::format("{}, {:.1f} GB free", folder.string(), free_gb)};
  if (free_gb < kSmallDiskGb) {
    finding.health = Health::warning;
    finding.remedy = fmt::format("‹{}› DIR on a disk with more room", option);
  }
  return finding;
}

std::vector<Finding> check_environment() {
  std::vector<Finding> findings;
  for (char** variable = environ; *variable != nullptr; ++variable)
    for (std::string_view prefix :
         {"MOVREC_", "OMP_", "GOMP_", "OPENBLAS_", "MKL_", "ATEN_", "CUDA_VISIBLE_DEVICES="})
      if (std::string_view(*variable).starts_with(prefix))
        findings.push_back({Health::ok, "variable", *variable});
  return findings;
}

}  // namespace

DoctorReport examine_machine(const RunSettings& settings, const CacheOptions& cache) {
  set_threads(settings.threads);
  const MachineInfo machine = machine_info();
  const double gflops = gemm_gflops(0.3);
  DoctorReport report{machine, gflops, {}};
  report.findings = {
      {Health::ok, "processor", fmt::format("{}, {} of its cores usable", machine.cpu, machine.cores)},
      {Health::ok, "LibTorch",
       fmt::format("{}, {} kernels, {} threads", machine.libtorch, machine.capability, machine.threads)},
      check_blas(machine, gflops),
      check_device(settings.device, machine),
      check_folder("data sets", data_directory(cache), "data-dir"),
      check_folder("runs", settings.runs_dir, "runs-dir"),
  };
  for (Finding& finding : check_environment()) report.findings.push_back(std::move(finding));
  return report;
}

}  // namespace movrec
