#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands/data_commands.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/json_text.hpp"
#include "movrec/report/data_report.hpp"

namespace movrec::cli {
namespace {

struct Options {
  std::string name;
  DataOptions data;
  CacheOptions cache;
};

int run_data_info(Options& options, Invocation& invocation) {
  if (!options.name.empty()) {
    for (std::string_view other : {"dataset", "data", "train-file"})
      if (invocation.origin(other) == Origin::flag)
        fail(ErrorKind::usage, "give a data set's name ('{}') or --{}, not both", options.name, other);
    options.data.dataset = options.name;
  }
  const Dataset dataset = load_dataset(options.data, options.cache);
  const DataSummary summary = summarize(dataset);
  if (invocation.global.json)
    *invocation.out << json_text(summary_json(dataset, summary), 2) << '\n';
  else
    *invocation.out << summary_text(dataset, summary);
  return 0;
}

}  // namespace

Action declare_data_info(FlagSet& flags) {
  auto options = std::make_shared<Options>();
  flags.add_positional(
      {Field{.name = "name", .help = "data set by name", .value_name = "NAME"}, &options->name}, false);
  flags.group("Data set");
  flags.bind(options->data);
  flags.bind(options->cache);
  flags.set_footer("Examples:\n  movrec data info ml-100k\n  movrec data info --data ratings.csv --json\n");
  return [options](Invocation& invocation) { return run_data_info(*options, invocation); };
}

}  // namespace movrec::cli
