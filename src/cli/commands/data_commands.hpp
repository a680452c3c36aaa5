#pragma once

#include <memory>

#include "movrec/cli/parse/command.hpp"
#include "movrec/data/releases.hpp"

namespace movrec::cli {

// The children of `movrec data`.
Action declare_data_list(FlagSet&);
Action declare_data_download(FlagSet&);
Action declare_data_info(FlagSet&);
Action declare_data_head(FlagSet&);
Action declare_data_check(FlagSet&);
Action declare_data_convert(FlagSet&);
Action declare_data_verify(FlagSet&);
Action declare_data_path(FlagSet&);

/// A data set by name, and where it is kept.
struct NamedDataSet {
  std::string name;
  CacheOptions cache;
};
/// Declares both, the name as an argument.
std::shared_ptr<NamedDataSet> bind_named_data_set(FlagSet&);
/// A data set by name or by path, and how to read it.
struct AnyDataSet {
  std::string name;
  DataOptions data;
  CacheOptions cache;
};
/// Declares all of it, the name as an argument that may be missing.
std::shared_ptr<AnyDataSet> bind_any_data_set(FlagSet& flags);
/// What was asked for. Error{usage} for a name and a path at once.
DataOptions chosen_data(const AnyDataSet&, const Invocation&);

/// Declares --data-dir alone, for commands that never use the network.
std::shared_ptr<CacheOptions> bind_data_dir(FlagSet&);

}  // namespace movrec::cli
