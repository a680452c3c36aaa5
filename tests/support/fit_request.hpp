#pragma once

#include <string>

#include "movrec/app/fit.hpp"
#include "support/small_data.hpp"
#include "support/temp_dir.hpp"

namespace movrec::test {

/// A fit of the algorithm with its own defaults on small_dataset(), into a folder of runs in `dir`.
inline FitRequest fit_request(const std::string& algorithm, const TempDir& dir) {
  FitRequest request;
  request.algorithm = algorithm;
  for (const auto& [name, text] : find_algorithm(algorithm).defaults)
    for (const OptionRef& option : option_refs(request.options))
      if (option.field.name == name) set_from_text(option, text);
  request.data = small_data_options();
  request.settings.runs_dir = (dir / "runs").string();
  return request;
}

/// Sets the option of that name.
inline void set(FitRequest& request, std::string_view name, std::string_view text) {
  for (const OptionRef& option : option_refs(request))
    if (option.field.name == name) return set_from_text(option, text);
  fail(ErrorKind::usage, "no option {}", name);
}

}  // namespace movrec::test
