#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "movrec/model/algorithm.hpp"

namespace movrec::cli {
namespace {

/// The options that the algorithm uses, with its own defaults, in the order of the structs.
OptionRefs own_options(const Algorithm& algorithm, AlgorithmOptions& options) {
  OptionRefs own;
  for (const OptionRef& ref : option_refs(options)) {
    if (std::ranges::find(algorithm.uses, ref.field.name) == algorithm.uses.end()) continue;
    for (const auto& [name, text] : algorithm.defaults)
      if (name == ref.field.name) set_from_text(ref, text);
    own.push_back(ref);
  }
  return own;
}

nlohmann::ordered_json describe(const Algorithm& algorithm) {
  AlgorithmOptions options;
  auto defaults = nlohmann::ordered_json::object();
  for (const OptionRef& ref : own_options(algorithm, options))
    defaults[std::string(ref.field.name)] = to_json(ref);
  return {{"name", algorithm.name},
          {"summary", algorithm.summary},
          {"trained_by_gradient", algorithm.trains_by_gradient},
          {"options", defaults}};
}

void print_options(const Algorithm& algorithm, std::ostream& out) {
  AlgorithmOptions options;
  out << fmt::format("{}: {}\n\nOptions of `movrec train --model {}`, with its defaults:\n", algorithm.name,
                     algorithm.summary, algorithm.name);
  for (const OptionRef& ref : own_options(algorithm, options)) {
    const BoundOption option{.ref = ref, .default_text = to_text(ref)};
    const std::string note =
        option.is_flag() ? fmt::format("[default: {}]", option.default_text) : value_note(option);
    out << help_line(fmt::format("--{} {}", ref.field.name, value_name(option)),
                     fmt::format("{} {}", ref.field.help, note));
  }
}

int run_models(Invocation& invocation, const std::string& name) {
  std::ostream& out = *invocation.out;
  if (invocation.global.json) {
    auto models = nlohmann::ordered_json::array();
    if (!name.empty()) models.push_back(describe(find_algorithm(name)));
    if (name.empty())
      for (const Algorithm& algorithm : algorithms()) models.push_back(describe(algorithm));
    out << nlohmann::ordered_json{{"schema", "movrec.models/1"}, {"models", models}}.dump(2) << '\n';
    return 0;
  }
  if (!name.empty()) {
    print_options(find_algorithm(name), out);
    return 0;
  }
  for (const Algorithm& algorithm : algorithms()) out << help_line(algorithm.name, algorithm.summary);
  out << "\nOptions of one: movrec models NAME\n";
  return 0;
}

}  // namespace

Action declare_models(FlagSet& flags) {
  auto name = std::make_shared<std::string>();
  flags.add_positional({Field{.name = "name", .help = "a model: show its options"}, name.get()}, false);
  flags.set_footer("Examples:\n  movrec models\n  movrec models mlp");
  return [name](Invocation& invocation) { return run_models(invocation, *name); };
}

}  // namespace movrec::cli
