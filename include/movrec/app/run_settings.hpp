#pragma once

#include <cstdint>
#include <string>

namespace movrec {

/// Where runs lie, and what computes.
struct RunSettings {
  std::string runs_dir = "runs";  ///< where runs are written and looked for
  std::string device = "auto";    ///< auto, cpu, cuda or cuda:N
  std::int64_t threads = 0;       ///< of the CPU; 0: all that this process may use
};

}  // namespace movrec
