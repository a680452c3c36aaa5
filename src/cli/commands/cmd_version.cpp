#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands/commands.hpp"
#include "movrec/core/build_info.hpp"
#include "movrec/ops/machine.hpp"

namespace movrec::cli {
namespace {

int run_version(Invocation& invocation) {
  set_threads(invocation.global.threads);
  const BuildInfo& build = build_info();
  const MachineInfo machine = machine_info();
  const std::string blas = machine.blas.core.empty()
                               ? machine.blas.name
                               : fmt::format("{} ({})", machine.blas.name, machine.blas.core);
  std::ostream& out = *invocation.out;
  if (invocation.global.json) {
    out << nlohmann::ordered_json{{"schema", "movrec.version/1"},
                                  {"version", build.version},
                                  {"revision", build.revision},
                                  {"compiler", build.compiler},
                                  {"build_type", build.build_type},
                                  {"libtorch", machine.libtorch},
                                  {"blas",
                                   {{"name", machine.blas.name},
                                    {"core", machine.blas.core},
                                    {"path", machine.blas.path}}}}
               .dump(2)
        << '\n';
    return 0;
  }
  out << fmt::format("movrec    {}\nrevision  {}\ncompiler  {}, {}\nLibTorch  {}\nBLAS      {}, {}\n",
                     build.version, build.revision, build.compiler, build.build_type, machine.libtorch, blas,
                     machine.blas.path);
  return 0;
}

}  // namespace

Action declare_version(FlagSet&) {
  return run_version;
}

}  // namespace movrec::cli
