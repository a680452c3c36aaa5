#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/parse/train_flags.hpp"
#include "movrec/app/recipe.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/json_text.hpp"
#include "movrec/core/log.hpp"
#include "movrec/report/run_folder.hpp"

namespace movrec::cli {
namespace fs = std::filesystem;
namespace {

/// The last.pt that is meant. Error{usage} for a recipe's folder, which goes on in its own way.
fs::path find_last(const std::string& resume, const Invocation& invocation) {
  fs::path path = resume;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    if (is_recipe_run(path))
      throw Error(ErrorKind::usage, fmt::format("--resume: {} is a run of model best", path.string()),
                  "what was asked for stands in its config.toml",
                  fmt::format("movrec train --config {} --resume {}", (path / "config.toml").string(),
                              path.string()));
    path /= "last.pt";
  }
  return find_checkpoint(path, invocation.global.runs_dir);
}

StartedRun started_run(TrainFlags& flags, const Invocation& invocation) {
  OptionRefs all = option_refs(flags.request);
  std::ranges::copy(flags.given.refs(), std::back_inserter(all));
  std::vector<OptionChange> changes;
  for (const OptionRef& option : all)
    if (invocation.origin(option.field.name) > Origin::standard)
      changes.push_back(
          {std::string(option.field.name), to_text(option), invocation.origin_text(option.field.name)});
  StartedRun run = read_started_run(find_last(flags.resume, invocation), changes);
  run.request.cache = flags.request.cache;
  run.request.time_budget = flags.request.time_budget;
  run.request.settings = invocation.global.settings();
  run.test.ranks_slow_models |= asks_for_ranking(invocation);
  run.test.profile = flags.profile;
  return run;
}

/// Only what every member looks at may be set: data, split and seed.
RecipeRequest recipe_request(TrainFlags& flags, const Invocation& invocation) {
  FitRequest& request = flags.request;
  const auto is_given = [&](std::string_view name) { return invocation.origin(name) > Origin::standard; };
  for (const OptionRef& option : flags.given.refs()) {
    const std::string_view name = option.field.name;
    if (is_given(name) && name != "seed")
      throw Error(ErrorKind::usage,
                  fmt::format("{} has no effect with model best", invocation.origin_text(name)),
                  "each of its members has its own options", "train them one by one, then movrec blend");
  }
  std::optional<std::uint64_t> seed;
  if (is_given("seed")) seed = *std::get<std::uint64_t*>(find_option(flags.given.refs(), "seed")->target);
  return {.shared = request,
          .seed = seed,
          .test = test_options(request, flags.profile, invocation),
          .is_given = is_given,
          .given_config = given_config(request, flags.given, invocation),
          .resumed = flags.resume};
}

void print(const TrainedRun& run, Invocation& invocation) {
  *invocation.out << (invocation.global.json ? json_text(run_json(run.fit, run.test)) + "\n"
                                             : run_text(run.fit, run.test));
}

void train(TrainFlags& flags, Invocation& invocation) {
  FitRequest& request = flags.request;
  apply_globals(request, invocation);
  if (request.algorithm == kBest) {
    const BlendedRun run = train_recipe(recipe_request(flags, invocation), InProcess());
    *invocation.out << (invocation.global.json ? json_text(run.json) + "\n" : run.text);
  } else if (!flags.resume.empty()) {
    const StartedRun run = started_run(flags, invocation);
    print(finish_run(resume_run(run), run.test), invocation);
  } else {
    apply_algorithm(request, flags.given, invocation);
    print(finish_run(fit_run(request), test_options(request, flags.profile, invocation)), invocation);
  }
}

/// The command that goes on where training stopped.
std::string way_on(const fs::path& folder) {
  if (!is_recipe_run(folder)) return fmt::format("movrec train --resume {}", folder.string());
  return fmt::format("movrec train --config {} --resume {}", (folder / "config.toml").string(),
                     folder.string());
}

}  // namespace

Action declare_train(FlagSet& set) {
  auto flags = std::make_shared<TrainFlags>();
  bind_train_flags(set, flags->request, flags->given);
  set.group("This start");
  set.add({Field{.name = "resume",
                 .help = "go on with a run: its folder, its last.pt, or `last.pt` for the newest run's",
                 .value_name = "PATH"},
           &flags->resume});
  set.add({Field{.name = "profile", .help = "also show where the time of training went"}, &flags->profile});
  set.set_footer(
      "Examples:\n"
      "  movrec train                                   matrix factorization on ml-1m\n"
      "  movrec train --layers 256,128,64,32            a multi-layer perceptron\n"
      "  movrec train --model best                      the most accurate there is, in minutes\n"
      "  movrec train --dataset ml-100k --model biased-mf --embedding-dim 32\n"
      "  movrec train --config configs/s0-best.toml --seed 2\n"
      "  movrec train --resume runs/20260101-120000-neumf-ml-1m --epochs 40");
  return [flags](Invocation& invocation) {
    try {
      train(*flags, invocation);
    } catch (const RunInterrupted& run) {
      log_warning("go on with: {}", way_on(run.folder));
      throw;
    }
    return 0;
  };
}

}  // namespace movrec::cli
