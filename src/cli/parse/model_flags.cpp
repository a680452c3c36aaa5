#include "cli/parse/model_flags.hpp"

namespace movrec::cli {

ModelFlags::ModelFlags() {
  for (const Algorithm& algorithm : algorithms()) {
    if (algorithm.solvers.empty()) defaults_.push_back(default_options(algorithm));
    for (const Solver& solver : algorithm.solvers)
      defaults_.push_back(default_options(algorithm, solver.name));
  }
  for (ModelOptions& options : defaults_)
    for (OptionRef& option : options.refs())
      if (find_option(refs_, option.field.name) == nullptr) refs_.push_back(std::move(option));
}

}  // namespace movrec::cli
