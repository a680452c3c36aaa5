#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/parse/dashes.hpp"
#include "cli/parse/help.hpp"
#include "movrec/model/table/algorithm.hpp"

namespace movrec::cli {
namespace {

/// The algorithm's options as its other solvers have them, by name.
std::vector<std::pair<std::string_view, ModelOptions>> other_solvers(const Algorithm& algorithm) {
  std::vector<std::pair<std::string_view, ModelOptions>> out;
  for (const Solver& solver : algorithm.solvers)
    if (&solver != &algorithm.solvers.front()) out.emplace_back(solver.name, solver.options());
  return out;
}

nlohmann::ordered_json defaults_json(ModelOptions options) {
  auto defaults = nlohmann::ordered_json::object();
  for (const OptionRef& ref : options.refs()) defaults[std::string(ref.field.name)] = to_json(ref);
  return defaults;
}

nlohmann::ordered_json describe(const Algorithm& algorithm) {
  nlohmann::ordered_json out{{"name", algorithm.name},
                             {"summary", algorithm.summary},
                             {"trained_by_gradient", algorithm.trains_by_gradient},
                             {"options", defaults_json(default_options(algorithm))}};
  for (const auto& [solver, options] : other_solvers(algorithm))
    out["solvers"][std::string(solver)] = defaults_json(options);
  return out;
}

void print_options(ModelOptions options, std::ostream& out) {
  for (const OptionRef& ref : options.refs()) {
    const BoundOption option{.ref = ref, .default_text = to_text(ref)};
    const std::string note =
        option.is_flag() ? fmt::format("[default: {}]", option.default_text) : value_note(option);
    out << help_line(fmt::format("--{} {}", ref.field.name, value_name(option)),
                     fmt::format("{} {}", with_dashes(ref.field.help), note));
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
    print_options(default_options(algorithm), out);
    for (const auto& [solver, options] : other_solvers(algorithm)) {
      out << fmt::format("\nWith --solver {}:\n", solver);
      print_options(options, out);
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
