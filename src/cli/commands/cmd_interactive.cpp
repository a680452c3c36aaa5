#include "cli/commands/commands.hpp"
#include "cli/commands/dialogue.hpp"
#include "movrec/core/error.hpp"

namespace movrec::cli {
namespace {

int run_interactive(const RecommendOptions& options,
                    const FittedOptions& fitted_options,
                    Invocation& invocation) {
  if (invocation.global.json)
    throw Error(ErrorKind::usage, "interactive speaks with people: --json is for recommend", {},
                "movrec recommend --like TITLE --json");
  const Fitted fitted = open_fitted(fitted_options, invocation.global);
  const QuerySupport supports = fitted.model->supports();
  if (!supports.demographics) require_histories(fitted, "interactive");
  Dialogue(fitted, options, *invocation.in, *invocation.out, *invocation.err).run();
  return 0;
}

}  // namespace

Action declare_interactive(FlagSet& flags) {
  const auto options = std::make_shared<RecommendOptions>();
  const auto fitted = std::make_shared<FittedOptions>();
  flags.group("What to recommend");
  flags.bind(*options);
  flags.group("Model and data");
  flags.bind(*fitted);
  flags.set_footer(
      "Examples:\n"
      "  movrec interactive\n"
      "  movrec interactive --genre Comedy --top 5\n");
  return [=](Invocation& invocation) { return run_interactive(*options, *fitted, invocation); };
}

}  // namespace movrec::cli
