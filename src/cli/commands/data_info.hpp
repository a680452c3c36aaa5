#pragma once

#include "movrec/cli/parse/command.hpp"

namespace movrec::cli {

/// `movrec data info [NAME]`.
Action declare_data_info(FlagSet&);

}  // namespace movrec::cli
