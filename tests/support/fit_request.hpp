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
  request.options = default_options(algorithm);
  request.data = small_data_options();
  request.settings.runs_dir = (dir / "runs").string();
  return request;
}

/// Sets the option of that name.
inline void set(FitRequest& request, std::string_view name, std::string_view text) {
  const OptionRefs all = all_options(request);
  const OptionRef* option = find_option(all, name);
  if (option == nullptr) fail(ErrorKind::usage, "no option {}", name);
  set_from_text(*option, text);
}

}  // namespace movrec::test
