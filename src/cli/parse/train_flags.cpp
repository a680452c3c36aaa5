#include "cli/parse/train_flags.hpp"

#include <algorithm>

#include "cli/parse/config.hpp"
#include "movrec/core/error.hpp"

namespace movrec::cli {
namespace {

bool uses(std::span<const std::string_view> used, std::string_view option) {
  return std::ranges::find(used, option) != used.end();
}

/// Which solver of the model would look at the option, as a flag; else the command that lists its options.
std::string remedy_for(const Algorithm& algorithm, std::string_view option) {
  for (const Solver& solver : algorithm.solvers)
    if (uses(solver.uses, option)) return fmt::format("--solver {}", solver.name);
  return fmt::format("movrec models {}", algorithm.name);
}

}  // namespace

void bind_train_flags(FlagSet& set, TrainFlags& flags) {
  set.group("Model");
  set.add(option_refs(flags).front());
  set.bind(flags.algorithm.net);
  set.bind(flags.algorithm.bias);
  set.bind(flags.algorithm.mf);
  set.bind(flags.algorithm.sparsefc);
  set.group("Training");
  set.bind(flags.algorithm.train);
  set.add({Field{.name = "time-budget",
                 .help = "end training after so many seconds, with what is reached by then (0: never)",
                 .min = 0,
                 .max = 1e9,
                 .value_name = "SECONDS"},
           &flags.time_budget});
  set.group("Sampling");
  set.bind(flags.algorithm.bfm);
  set.group("Neighbours");
  set.bind(flags.algorithm.knn);
  set.group("Nets over whole rows of ratings");
  set.bind(flags.algorithm.row_net);
  set.group("Top-N models");
  set.bind(flags.algorithm.topn);
  set.group("Data");
  set.bind(flags.data);
  set.bind(flags.cache);
  set.group("Split");
  set.bind(flags.split);
  set.group("Ranking");
  set.bind(flags.ranking);
}

void apply_algorithm(TrainFlags& flags, Invocation& invocation) {
  if (flags.model.empty()) flags.model = invocation.origin("layers") > Origin::preset ? "mlp" : "biased-mf";
  const Algorithm algorithm = with_solver(find_algorithm(flags.model), flags.algorithm.mf.solver);
  if (algorithm.fit == nullptr)
    throw Error(ErrorKind::usage, fmt::format("{} is not trained", algorithm.name),
                "it is made of other runs", "movrec blend RUN RUN, or movrec train --model best");
  const std::string solver =
      algorithm.solvers.empty() ? "" : fmt::format(" and solver {}", flags.algorithm.mf.solver);
  for (const auto& [name, text] : algorithm.defaults) invocation.set_preset(name, text);
  for (const OptionRef& option : option_refs(flags.algorithm)) {
    const std::string_view name = option.field.name;
    if (invocation.origin(name) > Origin::preset && !uses(algorithm.uses, name))
      throw Error(ErrorKind::usage,
                  fmt::format("{} has no effect with model {}{}", invocation.origin_text(name),
                              algorithm.name, solver),
                  {}, remedy_for(algorithm, name));
  }
}

void set_option(TrainFlags& flags, std::string_view name, std::string_view text) {
  for (const OptionRef& option : option_refs(flags))
    if (option.field.name == name) set_from_text(option, text);
}

std::string resolved_config(TrainFlags& flags) {
  const Algorithm algorithm = with_solver(find_algorithm(flags.model), flags.algorithm.mf.solver);
  const OptionRefs of_algorithm = option_refs(flags.algorithm);
  const auto unused = [&](std::string_view name) {
    return std::ranges::any_of(of_algorithm,
                               [&](const OptionRef& option) { return option.field.name == name; }) &&
           !uses(algorithm.uses, name);
  };
  OptionRefs kept;
  for (OptionRef& option : option_refs(flags))
    if (!unused(option.field.name)) kept.push_back(std::move(option));
  return to_toml("train", kept);
}

std::string given_config(TrainFlags& flags, const Invocation& invocation) {
  OptionRefs given;
  for (OptionRef& option : option_refs(flags))
    if (invocation.origin(option.field.name) > Origin::preset) given.push_back(std::move(option));
  return to_toml("train", given);
}

}  // namespace movrec::cli
