#include "movrec/cli/run.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "cli/config.hpp"
#include "cli/flags.hpp"
#include "cli/help.hpp"
#include "movrec/core/build_info.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/stop.hpp"

namespace movrec::cli {
namespace {

struct Variable {
  const char* name;
  std::string_view option;
};
constexpr std::array kVariables{Variable{"MOVREC_DATA_DIR", "data-dir"}, Variable{"MOVREC_DEVICE", "device"},
                                Variable{"MOVREC_THREADS", "threads"}};

class RunInvocation : public Invocation {
 public:
  RunInvocation(std::ostream& results, std::ostream& messages) {
    out = &results;
    err = &messages;
    root = std::make_unique<CommandNode>(declare_commands(global));
  }

  Origin origin(std::string_view name) const override { return find(name).origin; }
  std::string origin_text(std::string_view name) const override {
    const BoundOption& option = find(name);
    return option.origin_text.empty() ? fmt::format("--{}", name) : option.origin_text;
  }
  void set_preset(std::string_view name, std::string_view text) override {
    BoundOption& option = find(name);
    if (option.origin <= Origin::preset) option.set(text, Origin::preset, {}, fmt::format("--{}", name));
  }

  std::unique_ptr<CommandNode> root;
  CommandNode* command = nullptr;

 private:
  BoundOption& find(std::string_view name) const {
    BoundOption* option = command->find_option(name);
    if (option == nullptr) option = root->find_option(name);
    if (option == nullptr) fail(ErrorKind::failure, "{} has no option '{}'", command->path, name);
    return *option;
  }
};

void apply_environment(CommandNode& root, CommandNode& command) {
  for (const Variable& variable : kVariables) {
    const char* text = std::getenv(variable.name);
    if (text == nullptr || *text == '\0') continue;
    for (CommandNode* node : {&root, &command})
      if (BoundOption* option = node->find_option(variable.option))
        option->set(text, Origin::environment, variable.name, variable.name);
  }
}

void apply_flags(const ParsedArguments& parsed) {
  for (const auto& [option, text] : parsed.given) {
    const std::string label = option->positional ? value_name(*option) : fmt::format("--{}", option->name());
    option->set(text, Origin::flag, label, label);
  }
  for (const BoundOption& option : parsed.command->options)
    if (option.required && option.origin == Origin::standard)
      throw Error(ErrorKind::usage, fmt::format("{} needs {}", parsed.command->path, value_name(option)), {},
                  fmt::format("{} --help", parsed.command->path));
}

/// What a run changes in the process, put back at its end: tests run many in one process.
class ProcessScope {
 public:
  explicit ProcessScope(std::ostream& out) : out_(out), exceptions_(out.exceptions()) {
    std::signal(SIGPIPE, SIG_IGN);
    install_stop_handlers();
    // Work whose reader has gone away ends at the next line it writes.
    out_.exceptions(std::ios::badbit);
  }
  ~ProcessScope() {
    set_progress_mode(ProgressMode::off);
    set_stop_signal(0);
    if (!out_.bad()) out_.exceptions(exceptions_);
  }
  ProcessScope(const ProcessScope&) = delete;
  ProcessScope& operator=(const ProcessScope&) = delete;

 private:
  std::ostream& out_;
  std::ios::iostate exceptions_;
};

int act(std::span<const std::string> arguments, std::ostream& out, std::ostream& err) {
  RunInvocation invocation(out, err);
  const ParsedArguments parsed = parse_arguments(*invocation.root, arguments);
  invocation.command = parsed.command;
  if (parsed.version) {
    out << fmt::format("movrec {}\n", build_info().version);
    return 0;
  }
  if (parsed.help || !parsed.command->action) {
    out << help_text(*invocation.root, *parsed.command);
    return 0;
  }
  for (const auto& [option, text] : parsed.given)
    if (option->name() == "config") apply_config(*invocation.root, text);
  apply_environment(*invocation.root, *parsed.command);
  apply_flags(parsed);
  const GlobalOptions& global = invocation.global;
  if (global.quiet && global.verbose) fail(ErrorKind::usage, "--quiet and --verbose contradict each other");
  const LogScope log(err, global.quiet     ? Verbosity::quiet
                          : global.verbose ? Verbosity::verbose
                                           : Verbosity::normal);
  set_progress_mode(is_smart_terminal(err) && !global.quiet ? ProgressMode::bar : ProgressMode::off);
  const int code = parsed.command->action(invocation);
  out.flush();
  return code;
}

int report(std::ostream& err,
           ErrorKind kind,
           std::string_view what,
           std::string_view why = {},
           std::string_view remedy = {}) {
  err << fmt::format("{} {}\n",
                     wants_colour(err) ? "\033[1;31mmovrec: error:\033[0m" : "movrec: error:", what);
  if (!why.empty()) err << fmt::format("  why: {}\n", why);
  if (!remedy.empty()) err << fmt::format("  try: {}\n", remedy);
  return static_cast<int>(kind);
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

/// A reader that has gone away (`movrec … | head`) is no error; a full disk is one.
int report_lost_output(std::ostream& out, std::ostream& err) {
  const int code = errno;
  pollfd descriptor{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  const bool reader_gone =
      &out == &std::cout && poll(&descriptor, 1, 0) == 1 && (descriptor.revents & POLLERR) != 0;
  if (reader_gone) return 128 + SIGPIPE;
  return report(err, ErrorKind::failure, "the results cannot be written to standard output",
                errno_text(code));
}

}  // namespace

int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  const ProcessScope scope(out);
  try {
    std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
    if (!arguments.empty() && arguments[0] == "help") {  // `movrec help train`
      arguments.erase(arguments.begin());
      arguments.emplace_back("--help");
    }
    return act(arguments, out, err);
  } catch (const Error& error) {
    return report(err, error.kind(), error.message(), error.why(), error.remedy());
  } catch (const Interrupted& interrupted) {
    err << fmt::format("movrec: interrupted by signal {}\n", interrupted.signal);
    return 128 + interrupted.signal;
  } catch (const std::bad_alloc&) {
    return report(err, ErrorKind::failure, "out of memory");
  } catch (const std::exception& error) {
    if (out.bad()) return report_lost_output(out, err);
    return report(err, ErrorKind::failure, first_line(error.what()));  // LibTorch adds forty lines of stack
  }
}

}  // namespace movrec::cli
