#include "movrec/cli/run.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "cli/parse/dashes.hpp"
#include "cli/parse/flags.hpp"
#include "cli/parse/help.hpp"
#include "cli/parse/invocation.hpp"
#include "movrec/app/runtime.hpp"
#include "movrec/core/build_info.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/core/stop.hpp"

namespace movrec::cli {
namespace {

/// What a run changes in the process, put back at its end: tests run many in one process.
class ProcessScope {
 public:
  explicit ProcessScope(std::ostream& out) : out_(out), exceptions_(out.exceptions()) {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // beyond ulimit -f writing fails, and what was begun is removed
    install_stop_handlers();
    // Work whose reader has gone away ends at the next line it writes.
    out_.exceptions(std::ios::badbit);
  }
  ~ProcessScope() {
    process_stop().reset();
    if ((out_.rdstate() & exceptions_) == 0) out_.exceptions(exceptions_);
  }
  ProcessScope(const ProcessScope&) = delete;
  ProcessScope& operator=(const ProcessScope&) = delete;

 private:
  std::ostream& out_;
  std::ios::iostate exceptions_;
};

int act(std::string program,
        std::span<const std::string> arguments,
        std::istream& in,
        std::ostream& out,
        std::ostream& err) {
  if (arguments.size() == 3 &&
      arguments[0] == kMemberWord) {  // one of several runs that this program started
    Console console(err, Verbosity::normal);
    DashedObserver observer(console);
    const RunScope scope({.observer = &observer, .stop = &process_stop()});
    run_member_of(arguments[1], arguments[2]);
    return 0;
  }
  TreeInvocation invocation(out, err);
  invocation.program = std::move(program);
  invocation.in = &in;
  const ParsedArguments parsed = parse_arguments(invocation.root(), arguments);
  if (parsed.version) {
    out << fmt::format("movrec {}\n", build_info().version);
    return 0;
  }
  if (parsed.help || !parsed.command->action) {
    out << help_text(invocation.root(), *parsed.command, invocation.model_help(parsed));
    return 0;
  }
  invocation.resolve(parsed);
  const GlobalOptions& global = invocation.global;
  if (global.quiet && global.verbose) fail(ErrorKind::usage, "--quiet and --verbose contradict each other");
  Console console(err, global.quiet     ? Verbosity::quiet
                       : global.verbose ? Verbosity::verbose
                                        : Verbosity::normal);
  DashedObserver observer(console);
  const RunScope scope({.observer = &observer, .stop = &process_stop()});
  return parsed.command->action(invocation);
}

int report(std::ostream& err,
           ErrorKind kind,
           std::string_view what,
           std::string_view why = {},
           std::string_view remedy = {}) {
  err << fmt::format(
      "{} {}\n", wants_colour(err) ? "\033[1;31mmovrec: error:\033[0m" : "movrec: error:", with_dashes(what));
  if (!why.empty()) err << fmt::format("  why: {}\n", with_dashes(why));
  if (!remedy.empty()) err << fmt::format("  try: {}\n", with_dashes(remedy));
  return static_cast<int>(kind);
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

/// A reader that has gone away (`movrec … | head`) is no error; a full disk is one.
int report_lost_output(std::ostream& out, std::ostream& err) {
  const int code = errno;  // of the write that failed
  pollfd descriptor{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  const bool reader_gone =
      &out == &std::cout && poll(&descriptor, 1, 0) == 1 && (descriptor.revents & POLLERR) != 0;
  if (reader_gone) return 128 + SIGPIPE;
  return report(err, ErrorKind::failure, "the results cannot be written to standard output",
                code == 0 ? "" : errno_text(code));
}

}  // namespace

int run(int argc, const char* const* argv, std::istream& in, std::ostream& out, std::ostream& err) {
  try {
    const ProcessScope scope(out);  // gone before an error is reported: writing to `err` flushes `out`
    std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
    if (!arguments.empty() && arguments[0] == "help") {  // `movrec help train`
      arguments.erase(arguments.begin());
      arguments.emplace_back("--help");
    }
    const int code = act(argc > 0 ? argv[0] : "movrec", arguments, in, out, err);
    out.flush();
    return code;
  } catch (const Error& error) {
    return report(err, error.kind(), error.message(), error.why(), error.remedy());
  } catch (const Interrupted& interrupted) {
    err << fmt::format("movrec: interrupted by signal {}\n", interrupted.signal);
    return 128 + interrupted.signal;
  } catch (const std::bad_alloc&) {
    return report(err, ErrorKind::failure, "out of memory");
  } catch (const std::filesystem::filesystem_error& error) {
    return report(err, ErrorKind::failure,
                  shown_message(fmt::format("{}: {}", shown(error.path1().string(), kMostOfPath),
                                            error.code().message())));
  } catch (const std::exception& error) {
    if (out.bad()) return report_lost_output(out, err);
    return report(err, ErrorKind::failure,
                  shown_message(first_line(error.what())));  // LibTorch adds forty lines of stack
  }
}

}  // namespace movrec::cli
