#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "movrec/cli/run.hpp"

namespace movrec::test {

struct CliResult {
  int code = 0;
  std::string out, err;
};

/// `movrec ARGUMENTS…` in this process; `program` is what it starts where it starts itself.
/// `input` is what a person types.
inline CliResult run_cli(const std::vector<std::string>& arguments,
                         const char* program = "movrec",
                         const std::string& input = "") {
  std::vector<const char*> argv{program};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  std::istringstream in(input);
  std::ostringstream out, err;
  const int code = cli::run(static_cast<int>(argv.size()), argv.data(), in, out, err);
  return {code, out.str(), err.str()};
}

}  // namespace movrec::test
