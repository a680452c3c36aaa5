#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace movrec {

/// One start of this program as a process of its own, with its output in files.
struct ChildRun {
  std::vector<std::string> arguments;
  std::filesystem::path out, err;
};

/// Runs them in order, at most `jobs` at a time, and calls on_end(position, exit code) as they end. A signal
/// to this process is passed on to all that run; when they have ended, Interrupted. Error{failure} where the
/// program cannot be started.
void run_children(const std::string& program,
                  std::span<const ChildRun> children,
                  int jobs,
                  const std::function<void(std::size_t, int)>& on_end);

}  // namespace movrec
