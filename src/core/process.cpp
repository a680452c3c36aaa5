#include "movrec/core/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <vector>

#include "core/descriptor.hpp"
#include "movrec/core/error.hpp"

namespace movrec {
namespace {

/// In the new process: nothing but what is allowed after a fork from many threads. Returns only if the program does not
/// start.
void become(const char* program, char* const* argv, pid_t parent, int in, int out, int err) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(128 + SIGTERM);  // it has ended already
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::execvp(program, argv);
}

}  // namespace

pid_t start_process(const std::string& program,
                    std::span<const std::string> arguments,
                    const std::filesystem::path& out,
                    const std::filesystem::path& err) {
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  constexpr int kNew = O_WRONLY | O_CREAT | O_TRUNC;
  const Descriptor in_file("/dev/null", O_RDONLY, ErrorKind::failure, "read");
  const Descriptor out_file(out, kNew, ErrorKind::failure, "write");
  const Descriptor err_file(err, kNew, ErrorKind::failure, "write");
  int ends[2];  // the child tells through it why it did not start
  if (::pipe2(ends, O_CLOEXEC) != 0)
    fail(ErrorKind::failure, "cannot start {}: {}", program, errno_text(errno));
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  const pid_t parent = ::getpid(), pid = ::fork();
  if (pid < 0) fail(ErrorKind::failure, "cannot start {}: {}", program, errno_text(errno));
  if (pid == 0) {
    become(program.c_str(), argv.data(), parent, in_file.get(), out_file.get(), err_file.get());
    const int code = errno;
    [[maybe_unused]] const ssize_t told = ::write(writer.get(), &code, sizeof code);
    ::_exit(127);
  }
  ::setpgid(pid, pid);  // here as well, so that it holds at once
  ::close(writer.release());
  int code = 0;
  ssize_t got = 0;
  while ((got = ::read(reader.get(), &code, sizeof code)) < 0 && errno == EINTR) {
  }
  if (got == 0) return pid;
  ::waitpid(pid, nullptr, 0);
  fail(ErrorKind::failure, "cannot start {}: {}", program, errno_text(code));
}

}  // namespace movrec
