#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands/data_commands.hpp"
#include "movrec/core/json_text.hpp"
#include "movrec/report/data_report.hpp"

namespace movrec::cli {
namespace {

int run_data_info(const DataOptions& data, const CacheOptions& cache, Invocation& invocation) {
  const Dataset dataset = load_dataset(data, cache);
  const DataSummary summary = summarize(dataset);
  if (invocation.global.json)
    *invocation.out << json_text(summary_json(dataset, summary), 2) << '\n';
  else
    *invocation.out << summary_text(dataset, summary);
  return 0;
}

}  // namespace

Action declare_data_info(FlagSet& flags) {
  const auto source = bind_any_data_set(flags);
  flags.set_footer(
      "Examples:\n"
      "  movrec data info ml-100k\n"
      "  movrec data info --data ratings.csv --items items.csv\n"
      "  movrec data info --data ratings.csv --json\n");
  return [source](Invocation& invocation) {
    return run_data_info(chosen_data(*source, invocation), source->cache, invocation);
  };
}

}  // namespace movrec::cli
