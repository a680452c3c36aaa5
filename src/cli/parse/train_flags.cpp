#include "cli/parse/train_flags.hpp"

#include <algorithm>

#include "movrec/app/recipe.hpp"
#include "movrec/core/error.hpp"
#include "movrec/report/config_file.hpp"
#include "movrec/train/common/options.hpp"

namespace movrec::cli {
namespace {

bool is_set(const Invocation& invocation, std::string_view option) {
  return invocation.origin(option) > Origin::standard;
}

/// Which solver of the model would look at the option, as a flag; else the command that lists its options.
std::string remedy_for(const Algorithm& algorithm, std::string_view option) {
  for (const Solver& solver : algorithm.solvers)
    if (solver.options().has(option)) return fmt::format("--solver {}", solver.name);
  return fmt::format("movrec models {}", algorithm.name);
}

std::string chosen_model(const FitRequest& request, const Invocation& invocation) {
  if (!request.algorithm.empty()) return request.algorithm;
  return is_set(invocation, "layers") ? "mlp" : "biased-mf";
}

std::string chosen_solver(const ModelFlags& given, const Invocation& invocation) {
  return is_set(invocation, "solver") ? to_text(*find_option(given.refs(), "solver")) : std::string();
}

/// What most models share.
struct SharedOptions : EpochOptions, FitOptions {
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<EpochOptions, FitOptions>(self, visit);
  }
};

ModelHelp help_of_model(const FitRequest& request, const ModelFlags& given, const Invocation& invocation) {
  const bool is_named = !request.algorithm.empty() && request.algorithm != kBest;
  if (!is_named && !is_set(invocation, "layers") && !is_set(invocation, "solver"))
    return {.options = std::make_shared<ModelOptions>(SharedOptions()),
            .has_defaults = false,
            .note =
                "The models: movrec models\n"
                "All options of one, with its defaults: movrec train --model NAME --help"};
  const Algorithm& algorithm = find_algorithm(chosen_model(request, invocation));
  ModelHelp help{.options = std::make_shared<ModelOptions>(
                     default_options(algorithm, chosen_solver(given, invocation)))};
  if (!algorithm.solvers.empty())
    help.note = fmt::format("The options of another solver: movrec train --model {} --solver NAME --help",
                            algorithm.name);
  return help;
}

}  // namespace

void bind_train_flags(FlagSet& set, FitRequest& request, const ModelFlags& given) {
  set.group(std::string(option_group::kModel));
  set.add(option_refs(request).front());
  set.add_of_models(given.refs(),
                    [&](const Invocation& invocation) { return help_of_model(request, given, invocation); });
  set.group(std::string(option_group::kTraining));
  set.add({Field{.name = "time-budget",
                 .help = "end training after so many seconds, with what is reached by then (0: never)",
                 .min = 0,
                 .max = 1e9,
                 .value_name = "SECONDS"},
           &request.time_budget});
  set.group({});  // as the structs say
  set.bind(request.data);
  set.bind(request.cache);
  set.bind(request.split);
  set.bind(request.ranking);
}

void apply_algorithm(FitRequest& request, const ModelFlags& given, const Invocation& invocation) {
  request.algorithm = chosen_model(request, invocation);
  const Algorithm& algorithm = find_algorithm(request.algorithm);
  if (algorithm.fit == nullptr)
    throw Error(ErrorKind::usage, fmt::format("{} is not trained", algorithm.name),
                "it is made of other runs", "movrec blend RUN RUN, or movrec train --model best");
  request.options = default_options(algorithm, chosen_solver(given, invocation));
  apply_given(request, given, invocation);
}

void apply_given(FitRequest& request, const ModelFlags& all, const Invocation& invocation) {
  const OptionRefs own = request.options.refs();
  const OptionRef* solver = find_option(own, "solver");
  for (const OptionRef& given : all.refs()) {
    const std::string_view name = given.field.name;
    if (!is_set(invocation, name)) continue;
    const OptionRef* option = find_option(own, name);
    if (option == nullptr)
      throw Error(
          ErrorKind::usage,
          fmt::format("{} has no effect with model {}{}", invocation.origin_text(name), request.algorithm,
                      solver == nullptr ? "" : fmt::format(" and solver {}", to_text(*solver))),
          {}, remedy_for(find_algorithm(request.algorithm), name));
    set_from_text(*option, to_text(given));
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

std::string given_config(FitRequest& request, const ModelFlags& all, const Invocation& invocation) {
  OptionRefs given = option_refs(request);
  std::ranges::copy(all.refs(), std::back_inserter(given));
  std::erase_if(given, [&](const OptionRef& option) { return !is_set(invocation, option.field.name); });
  return to_toml("train", given);
}

}  // namespace movrec::cli
