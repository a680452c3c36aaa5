#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands/data_commands.hpp"
#include "movrec/core/json_text.hpp"
#include "movrec/report/table.hpp"

namespace movrec::cli {
namespace {

using Json = nlohmann::ordered_json;

int run_list(Invocation& invocation, const CacheOptions& cache) {
  const std::string folder = data_directory(cache).string();
  Json rows = Json::array();
  Table table({{"name"}, {"MB", Table::Align::right}, {"here"}, {"summary"}});
  for (const Release& release : releases()) {
    const std::string path = local_release(release, cache).string();
    rows.push_back({{"name", release.name},
                    {"summary", release.summary},
                    {"megabytes", release.megabytes},
                    {"path", path.empty() ? Json() : Json(path)}});
    table.add_row({std::string(release.name), std::to_string(release.megabytes), path.empty() ? "no" : "yes",
                   std::string(release.summary)});
  }
  constexpr std::string_view kSynthetic = "made on the spot, of any size (--synthetic-users, …)";
  rows.push_back({{"name", "synthetic"}, {"summary", kSynthetic}, {"megabytes", 0}, {"path", Json()}});
  table.add_row({"synthetic", "-", "built in", std::string(kSynthetic)});
  if (invocation.global.json)
    *invocation.out
        << json_text(Json({{"schema", "movrec.data-list/1"}, {"data_dir", folder}, {"data_sets", rows}}), 2)
        << '\n';
  else
    *invocation.out << table.text() << fmt::format("\nKept in {}\n", folder);
  return 0;
}

}  // namespace

Action declare_data_list(FlagSet& flags) {
  const auto cache = bind_data_dir(flags);
  return [cache](Invocation& invocation) { return run_list(invocation, *cache); };
}

}  // namespace movrec::cli
