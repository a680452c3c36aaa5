#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "movrec/ops/machine.hpp"

namespace movrec {

enum class Health { ok, warning, broken };

/// One thing about this machine that was looked at.
struct Finding {
  Health health;
  std::string name, text, remedy{};
};

/// Whether this machine is ready for movrec.
struct DoctorReport {
  MachineInfo machine;
  double gflops = 0;  ///< of matrix products, 10^9 operations a second
  std::vector<Finding> findings;

  Health worst() const;
};

/// The document of schema movrec.doctor/1.
nlohmann::ordered_json doctor_json(const DoctorReport&);
/// The same for people.
std::string doctor_text(const DoctorReport&);

}  // namespace movrec
