#include "cli/commands/data_commands.hpp"

#include "movrec/core/error.hpp"

namespace movrec::cli {

std::shared_ptr<NamedDataSet> bind_named_data_set(FlagSet& flags) {
  auto data_set = std::make_shared<NamedDataSet>();
  flags.add_positional({Field{.name = "name", .help = "data set (see `movrec data list`)"}, &data_set->name},
                       true);
  flags.bind(data_set->cache);
  return data_set;
}

std::shared_ptr<AnyDataSet> bind_any_data_set(FlagSet& flags) {
  auto data_set = std::make_shared<AnyDataSet>();
  flags.add_positional(
      {Field{.name = "name", .help = "data set by name or path", .value_name = "NAME"}, &data_set->name},
      false);
  flags.group("Data set");
  flags.bind(data_set->data);
  flags.bind(data_set->cache);
  return data_set;
}

DataOptions chosen_data(const AnyDataSet& data_set, const Invocation& invocation) {
  DataOptions data = data_set.data;
  if (data_set.name.empty()) return data;
  for (std::string_view other : {"dataset", "data", "train-file"})
    if (invocation.origin(other) == Origin::flag)
      fail(ErrorKind::usage, "give a data set's name ('{}') or --{}, not both", data_set.name, other);
  choose_data(data, data_set.name);
  return data;
}

std::shared_ptr<CacheOptions> bind_data_dir(FlagSet& flags) {
  auto cache = std::make_shared<CacheOptions>();
  for (const OptionRef& ref : option_refs(*cache))
    if (ref.field.name == "data-dir") flags.add(ref);
  return cache;
}

}  // namespace movrec::cli
