#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/commands/data_commands.hpp"
#include "cli/parse/dashes.hpp"
#include "movrec/app/doctor.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/json_text.hpp"

namespace movrec::cli {

Action declare_doctor(FlagSet& flags) {
  const auto cache = bind_data_dir(flags);
  return [cache](Invocation& invocation) {
    const DoctorReport report = examine_machine(invocation.global.settings(), *cache);
    *invocation.out << with_dashes(invocation.global.json ? json_text(doctor_json(report), 2) + "\n"
                                                          : doctor_text(report));
    return report.worst() == Health::broken ? static_cast<int>(ErrorKind::failure) : 0;
  };
}

}  // namespace movrec::cli
