#include "cli/commands/data_commands.hpp"

namespace movrec::cli {

std::shared_ptr<NamedDataSet> bind_named_data_set(FlagSet& flags) {
  auto data_set = std::make_shared<NamedDataSet>();
  flags.add_positional({Field{.name = "name", .help = "data set (see `movrec data list`)"}, &data_set->name},
                       true);
  flags.bind(data_set->cache);
  return data_set;
}

std::shared_ptr<CacheOptions> bind_data_dir(FlagSet& flags) {
  auto cache = std::make_shared<CacheOptions>();
  for (const OptionRef& ref : option_refs(*cache))
    if (ref.field.name == "data-dir") flags.add(ref);
  return cache;
}

}  // namespace movrec::cli
