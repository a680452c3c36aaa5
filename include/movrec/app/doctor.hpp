#pragma once

#include "movrec/app/run_settings.hpp"
#include "movrec/data/releases.hpp"
#include "movrec/report/doctor_report.hpp"

namespace movrec {

/// Looks at processor, BLAS (which it measures for a moment), device, the folders of runs and data sets, and the
/// environment.
DoctorReport examine_machine(const RunSettings&, const CacheOptions&);

}  // namespace movrec
