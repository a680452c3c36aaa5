#include "cli/parse/train_flags.hpp"

#include <algorithm>

#include "movrec/core/error.hpp"
#include "movrec/report/config_file.hpp"

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

void bind_train_flags(FlagSet& set, FitRequest& request) {
  set.group("Model");
  set.add(option_refs(request).front());
  set.bind(request.options.net);
  set.bind(request.options.bias);
  set.bind(request.options.mf);
  set.bind(request.options.sparsefc);
  set.group("Training");
  set.bind(request.options.train);
  set.add({Field{.name = "time-budget",
                 .help = "end training after so many seconds, with what is reached by then (0: never)",
                 .min = 0,
                 .max = 1e9,
                 .value_name = "SECONDS"},
           &request.time_budget});
  set.group("Sampling");
  set.bind(request.options.bfm);
  set.group("Neighbours");
  set.bind(request.options.knn);
  set.group("Nets over whole rows of ratings");
  set.bind(request.options.row_net);
  set.group("Top-N models");
  set.bind(request.options.topn);
  set.group("Data");
  set.bind(request.data);
  set.bind(request.cache);
  set.group("Split");
  set.bind(request.split);
  set.group("Ranking");
  set.bind(request.ranking);
}

void apply_algorithm(FitRequest& request, Invocation& invocation) {
  if (request.algorithm.empty())
    request.algorithm = invocation.origin("layers") > Origin::preset ? "mlp" : "biased-mf";
  const Algorithm algorithm = with_solver(find_algorithm(request.algorithm), request.options.mf.solver);
  if (algorithm.fit == nullptr)
    throw Error(ErrorKind::usage, fmt::format("{} is not trained", algorithm.name),
                "it is made of other runs", "movrec blend RUN RUN, or movrec train --model best");
  const std::string solver =
      algorithm.solvers.empty() ? "" : fmt::format(" and solver {}", request.options.mf.solver);
  for (const auto& [name, text] : algorithm.defaults) invocation.set_preset(name, text);
  for (const OptionRef& option : option_refs(request.options)) {
    const std::string_view name = option.field.name;
    if (invocation.origin(name) > Origin::preset && !uses(algorithm.uses, name))
      throw Error(ErrorKind::usage,
                  fmt::format("{} has no effect with model {}{}", invocation.origin_text(name),
                              algorithm.name, solver),
                  {}, remedy_for(algorithm, name));
  }
}

void apply_globals(FitRequest& request, const Invocation& invocation) {
  request.settings = invocation.global.settings();
  request.needs_test_fraction = invocation.origin("test-fraction") == Origin::flag;
}

TestOptions test_options(const FitRequest& request, bool profile, const Invocation& invocation) {
  return {.ranking = request.ranking, .ranks_slow_models = asks_for_ranking(invocation), .profile = profile};
}

bool asks_for_ranking(const Invocation& invocation) {
  RankingOptions options;
  return std::ranges::any_of(option_refs(options), [&](const OptionRef& option) {
    return invocation.origin(option.field.name) == Origin::flag;
  });
}

std::string given_config(FitRequest& request, const Invocation& invocation) {
  OptionRefs given;
  for (OptionRef& option : option_refs(request))
    if (invocation.origin(option.field.name) > Origin::preset) given.push_back(std::move(option));
  return to_toml("train", given);
}

}  // namespace movrec::cli
