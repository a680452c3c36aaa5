#pragma once

#include <memory>

#include "movrec/cli/parse/command.hpp"
#include "movrec/data/releases.hpp"

namespace movrec::cli {

// The children of `movrec data`.
Action declare_data_list(FlagSet&);
Action declare_data_download(FlagSet&);
Action declare_data_info(FlagSet&);
Action declare_data_verify(FlagSet&);
Action declare_data_path(FlagSet&);

/// A data set by name, and where it is kept.
struct NamedDataSet {
  std::string name;
  CacheOptions cache;
};
/// Declares both, the name as an argument.
std::shared_ptr<NamedDataSet> bind_named_data_set(FlagSet&);
/// Declares --data-dir alone, for commands that never use the network.
std::shared_ptr<CacheOptions> bind_data_dir(FlagSet&);

}  // namespace movrec::cli
