#include "movrec/report/doctor_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace movrec {
namespace {

std::string_view name_of(Health health) {
  constexpr std::array<std::string_view, 3> kNames{"ok", "warning", "broken"};
  return kNames[static_cast<std::size_t>(health)];
}

}  // namespace

Health DoctorReport::worst() const {
  Health worst = Health::ok;
  for (const Finding& finding : findings) worst = std::max(worst, finding.health);
  return worst;
}

nlohmann::ordered_json doctor_json(const DoctorReport& report) {
  const MachineInfo& machine = report.machine;
  auto list = nlohmann::ordered_json::array();
  for (const Finding& finding : report.findings) {
    nlohmann::ordered_json entry{
        {"check", finding.name}, {"health", name_of(finding.health)}, {"text", finding.text}};
    if (!finding.remedy.empty()) entry["remedy"] = finding.remedy;
    list.push_back(std::move(entry));
  }
  return nlohmann::ordered_json{{"schema", "movrec.doctor/1"},
                                {"libtorch", machine.libtorch},
                                {"cpu", machine.cpu},
                                {"threads", machine.threads},
                                {"cores", machine.cores},
                                {"blas",
                                 {{"name", machine.blas.name},
                                  {"core", machine.blas.core},
                                  {"path", machine.blas.path},
                                  {"gflops", report.gflops}}},
                                {"cuda_devices", machine.cuda_devices},
                                {"findings", list}};
}

std::string doctor_text(const DoctorReport& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    text += fmt::format("{:<9}{:<12}{}\n", name_of(finding.health), finding.name, finding.text);
    if (!finding.remedy.empty()) text += fmt::format("{:<9}{:<12}try: {}\n", "", "", finding.remedy);
  }
  return text;
}

}  // namespace movrec
