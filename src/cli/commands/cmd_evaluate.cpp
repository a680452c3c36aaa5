#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/parse/train_flags.hpp"
#include "movrec/app/evaluate.hpp"
#include "movrec/core/json_text.hpp"

namespace movrec::cli {

Action declare_evaluate(FlagSet& flags) {
  const auto request = std::make_shared<EvaluateRequest>();
  flags.bind(request->options);
  flags.group("Ranking");
  flags.bind(request->ranking);
  flags.group("Model and data");
  flags.bind(request->open);
  flags.set_footer(
      "Examples:\n"
      "  movrec evaluate\n"
      "  movrec evaluate --checkpoint runs/NAME/best.pt --json\n"
      "  movrec evaluate --fail-if 'rmse>0.86'\n"
      "  movrec evaluate --ks 5,10 --relevant-from 4 --per-user lists.csv\n");
  return [request](Invocation& invocation) {
    request->settings = invocation.global.settings();
    request->asks_for_ranking = asks_for_ranking(invocation);
    const EvaluationReport report = evaluate_run(*request);
    *invocation.out << (invocation.global.json ? json_text(evaluation_json(report), 2) + "\n"
                                               : evaluation_text(report))
                    << std::flush;
    hold_gates(request->options, report);
    return 0;
  };
}

}  // namespace movrec::cli
