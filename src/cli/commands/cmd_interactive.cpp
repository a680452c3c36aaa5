#include "cli/commands/commands.hpp"
#include "cli/commands/dialogue.hpp"
#include "movrec/core/error.hpp"

namespace movrec::cli {
namespace {

int run_interactive(const RecommendOptions& options, const OpenOptions& open, Invocation& invocation) {
  if (invocation.global.json)
    throw Error(ErrorKind::usage, "interactive speaks with people: --json is for recommend", {},
                "movrec recommend --like TITLE --json");
  const OpenedRun run = open_run(open, invocation.global.settings());
  const QuerySupport supports = run.model->supports();
  if (!supports.demographics) require_histories(run, "interactive");
  Dialogue(run, options, *invocation.in, *invocation.out, *invocation.err).run();
  return 0;
}

}  // namespace

Action declare_interactive(FlagSet& flags) {
  const auto options = std::make_shared<RecommendOptions>();
  const auto open = std::make_shared<OpenOptions>();
  flags.group("What to recommend");
  flags.bind(*options);
  flags.group("Model and data");
  flags.bind(*open);
  flags.set_footer(
      "Examples:\n"
      "  movrec interactive\n"
      "  movrec interactive --genre Comedy --top 5\n");
  return [=](Invocation& invocation) { return run_interactive(*options, *open, invocation); };
}

}  // namespace movrec::cli
