#pragma once

#include "movrec/cli/parse/command.hpp"

namespace movrec::cli {

// The children of `movrec data` that look after the folder of data sets.
Action declare_data_list(FlagSet&);
Action declare_data_download(FlagSet&);
Action declare_data_verify(FlagSet&);
Action declare_data_path(FlagSet&);

}  // namespace movrec::cli
