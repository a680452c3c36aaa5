#include "app/child_runs.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <map>

#include "movrec/core/error.hpp"
#include "movrec/core/stop.hpp"

namespace movrec {
namespace {

pid_t start(const std::string& program, const ChildRun& child) {
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : child.arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int kNew = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, child.out.c_str(), kNew, 0666);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, child.err.c_str(), kNew, 0666);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail(ErrorKind::failure, "cannot start {}: {}", program, errno_text(error));
  return pid;
}

/// The processes that run; none outlives this object.
class Running {
 public:
  ~Running() { stop(SIGTERM); }
  std::size_t size() const { return positions_.size(); }
  void add(pid_t pid, std::size_t position) { positions_[pid] = position; }
  /// Waits for one to end: its position and its exit code. Position -1 after a signal to this process.
  std::pair<std::ptrdiff_t, int> wait_for_one() {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, 0);
    const auto found = positions_.find(pid);
    if (found == positions_.end()) return {-1, 0};
    const auto position = static_cast<std::ptrdiff_t>(found->second);
    positions_.erase(found);
    return {position, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
  }
  void stop(int signal) {
    for (const auto& [pid, position] : positions_) kill(pid, signal);
    for (const auto& [pid, position] : positions_)
      while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    positions_.clear();
  }

 private:
  std::map<pid_t, std::size_t> positions_;
};

}  // namespace

void run_children(const std::string& program,
                  std::span<const ChildRun> children,
                  int jobs,
                  const std::function<void(std::size_t, int)>& on_end) {
  Running running;
  std::size_t next = 0;
  while (next < children.size() || running.size() > 0) {
    if (stop_signal() != 0) {
      running.stop(stop_signal());
      throw Interrupted(stop_signal());
    }
    if (next < children.size() && running.size() < static_cast<std::size_t>(jobs)) {
      running.add(start(program, children[next]), next);
      ++next;
      continue;
    }
    const auto [position, code] = running.wait_for_one();
    if (position >= 0) on_end(static_cast<std::size_t>(position), code);
  }
}

}  // namespace movrec
