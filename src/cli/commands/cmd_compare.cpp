#include <ostream>

#include "cli/commands/commands.hpp"
#include "movrec/app/compare.hpp"
#include "movrec/core/json_text.hpp"

namespace movrec::cli {

Action declare_compare(FlagSet& flags) {
  const auto options = std::make_shared<CompareOptions>();
  const auto open = std::make_shared<OpenOptions>();
  flags.add_positional(
      {Field{.name = "runs", .help = "two runs or more: their folders or checkpoints", .value_name = "RUN"},
       &options->runs},
      /*required=*/true);
  flags.bind(*options);
  flags.group("Data");
  for (const OptionRef& option : option_refs(*open))
    if (option.field.name != "checkpoint") flags.add(option);
  flags.set_footer(
      "An interval without 0 says that the difference is more than this choice of test rows.\n"
      "Examples:\n"
      "  movrec compare runs/A runs/B\n"
      "  movrec compare runs/A runs/B runs/C --resample users --json");
  return [=](Invocation& invocation) {
    const Comparison runs = compare_runs(*options, *open, invocation.global.settings());
    *invocation.out << (invocation.global.json ? json_text(comparison_json(runs), 2) + "\n"
                                               : comparison_text(runs));
    return 0;
  };
}

}  // namespace movrec::cli
