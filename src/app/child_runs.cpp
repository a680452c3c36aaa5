#include "app/child_runs.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <map>

#include "movrec/core/process.hpp"
#include "movrec/core/stop.hpp"

namespace movrec {
namespace {

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
      const ChildRun& child = children[next];
      running.add(start_process(program, child.arguments, child.out, child.err), next);
      ++next;
      continue;
    }
    const auto [position, code] = running.wait_for_one();
    if (position >= 0) on_end(static_cast<std::size_t>(position), code);
  }
}

}  // namespace movrec
