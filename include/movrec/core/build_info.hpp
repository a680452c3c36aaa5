#pragma once

#include <string_view>

namespace movrec {

/// What `movrec version` and every checkpoint say about the program.
struct BuildInfo {
  std::string_view version, revision, compiler, build_type;
};
const BuildInfo& build_info();

}  // namespace movrec
