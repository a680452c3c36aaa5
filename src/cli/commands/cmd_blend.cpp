#include <ostream>

#include "cli/commands/commands.hpp"
#include "movrec/app/blend.hpp"
#include "movrec/core/json_text.hpp"

namespace movrec::cli {

Action declare_blend(FlagSet& flags) {
  const auto runs = std::make_shared<std::vector<std::string>>();
  const auto options = std::make_shared<BlendOptions>();
  const auto open = std::make_shared<OpenOptions>();
  flags.add_positional(
      {Field{.name = "runs", .help = "two runs or more: their folders or checkpoints", .value_name = "RUN"},
       runs.get()},
      /*required=*/true);
  flags.bind(*options);
  flags.group("Data");
  for (const OptionRef& option : option_refs(*open))
    if (option.field.name != "checkpoint") flags.add(option);
  flags.set_footer(
      "The runs must have the same test rows; what each was validated on may differ, but for ridge.\n"
      "Examples:\n"
      "  movrec blend runs/A runs/B runs/C\n"
      "  movrec blend runs/A runs/B --weights ridge\n"
      "  movrec blend runs/A runs/B --weights 2,1");
  return [=](Invocation& invocation) {
    const BlendedRun run = blend_runs(*runs, *options, *open, invocation.global.settings());
    *invocation.out << (invocation.global.json ? json_text(run.json) + "\n" : run.text);
    return 0;
  };
}

}  // namespace movrec::cli
