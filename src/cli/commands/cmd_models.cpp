#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/parse/help.hpp"
#include "movrec/model/table/algorithm.hpp"

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

/// The algorithm as its other solvers fit it, by name.
std::vector<std::pair<std::string_view, Algorithm>> other_solvers(const Algorithm& algorithm) {
  std::vector<std::pair<std::string_view, Algorithm>> out;
  for (const Solver& solver : algorithm.solvers)
    if (&solver != &algorithm.solvers.front())
      out.emplace_back(solver.name, with_solver(algorithm, solver.name));
  return out;
}

nlohmann::ordered_json defaults_json(const Algorithm& algorithm) {
  AlgorithmOptions options;
  auto defaults = nlohmann::ordered_json::object();
  for (const OptionRef& ref : own_options(algorithm, options))
    defaults[std::string(ref.field.name)] = to_json(ref);
  return defaults;
}

nlohmann::ordered_json describe(const Algorithm& algorithm) {
  nlohmann::ordered_json out{{"name", algorithm.name},
                             {"summary", algorithm.summary},
                             {"trained_by_gradient", algorithm.trains_by_gradient},
                             {"options", defaults_json(algorithm)}};
  for (const auto& [solver, fitted_by] : other_solvers(algorithm))
    out["solvers"][std::string(solver)] = defaults_json(fitted_by);
  return out;
}

void print_options(const Algorithm& algorithm, std::ostream& out) {
  AlgorithmOptions options;
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
    const Algorithm& algorithm = find_algorithm(name);
    out << fmt::format("{}: {}\n\nOptions of `movrec train --model {}`, with its defaults:\n", algorithm.name,
                       algorithm.summary, algorithm.name);
    print_options(algorithm, out);
    for (const auto& [solver, fitted_by] : other_solvers(algorithm)) {
      out << fmt::format("\nWith --solver {}:\n", solver);
      print_options(fitted_by, out);
    }
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
