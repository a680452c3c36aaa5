#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands/data_commands.hpp"
#include "movrec/core/json_text.hpp"

namespace movrec::cli {
namespace {

using Json = nlohmann::ordered_json;

int run_path(Invocation& invocation, const CacheOptions& cache) {
  const std::string folder = data_directory(cache).string();
  if (invocation.global.json)
    *invocation.out << json_text(Json({{"schema", "movrec.data-path/1"}, {"path", folder}}), 2) << '\n';
  else
    *invocation.out << folder << '\n';
  return 0;
}

}  // namespace

Action declare_data_path(FlagSet& flags) {
  const auto cache = bind_data_dir(flags);
  flags.set_footer("Examples:\n  cp ml-1m.zip \"$(movrec data path)\"");
  return [cache](Invocation& invocation) { return run_path(invocation, *cache); };
}

}  // namespace movrec::cli
