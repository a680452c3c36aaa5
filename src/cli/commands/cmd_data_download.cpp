#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands/data_commands.hpp"
#include "movrec/core/json_text.hpp"

namespace movrec::cli {
namespace {

using Json = nlohmann::ordered_json;

int run_download(Invocation& invocation, const NamedDataSet& options) {
  const Release& release = find_release(options.name);
  const std::string path = fetch_release(release, options.cache).string();
  if (invocation.global.json)
    *invocation.out
        << json_text(Json({{"schema", "movrec.data-download/1"}, {"name", release.name}, {"path", path}}), 2)
        << '\n';
  else
    *invocation.out << path << '\n';
  return 0;
}

}  // namespace

Action declare_data_download(FlagSet& flags) {
  const auto data_set = bind_named_data_set(flags);
  flags.set_footer(
      "Examples:\n"
      "  movrec data download ml-1m\n"
      "  movrec data download ml-25m --data-dir /srv/data\n"
      "  movrec data download ml-100k --data-url https://mirror.example/movielens");
  return [data_set](Invocation& invocation) { return run_download(invocation, *data_set); };
}

}  // namespace movrec::cli
