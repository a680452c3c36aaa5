#pragma once

#include <sys/wait.h>
#include <cstdio>
#include <string>

namespace movrec::test {

struct ShellResult {
  int code = 0;
  std::string text;  ///< of stdout and stderr
};

/// Runs a bash script with `set -m` off, in which $M is the program and $D the folder.
inline ShellResult bash(const std::string& program, const std::string& folder, const std::string& script) {
  std::string quoted;
  for (const char c : script) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  const std::string command =
      "M='" + program + "' D='" + folder + "' bash -c 'exec 2>&1; cd \"$D\"; " + quoted + "'";
  std::FILE* pipe = popen(command.c_str(), "r");
  ShellResult result;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) result.text += static_cast<char>(c);
  const int status = pclose(pipe);
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace movrec::test
