#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "app/best_recipe.hpp"
#include "app/train_run.hpp"
#include "cli/commands/commands.hpp"
#include "movrec/core/error.hpp"
#include "movrec/report/run_folder.hpp"

namespace movrec::cli {
namespace fs = std::filesystem;
namespace {

/// A resumed run is what its checkpoint says; only how long it goes on may change.
Checkpoint apply_checkpoint(TrainFlags& flags, const Invocation& invocation) {
  fs::path path = flags.resume;
  if (fs::is_directory(path)) {
    if (is_best_run(path))
      throw Error(ErrorKind::usage, fmt::format("--resume: {} is a run of model best", path.string()),
                  "what was asked for stands in its config.toml",
                  fmt::format("movrec train --config {} --resume {}", (path / "config.toml").string(),
                              path.string()));
    path /= "last.pt";
  }
  path = find_checkpoint(path, invocation.global.runs_dir);
  Checkpoint last = load_checkpoint(path);
  const AlgorithmOptions asked = flags.algorithm;
  const OptionRefs of_ranking = option_refs(flags.ranking);
  const auto may_change = [&](std::string_view name) {
    return name == "epochs" || name == "patience" || name == "sweeps" ||
           std::ranges::any_of(of_ranking,
                               [&](const OptionRef& option) { return option.field.name == name; });
  };
  for (const OptionRef& option : option_refs(flags)) {
    const std::string_view name = option.field.name;
    if (invocation.origin(name) > Origin::preset && !may_change(name))
      throw Error(
          ErrorKind::usage, fmt::format("{} cannot change in a resumed run", invocation.origin_text(name)),
          "model, data and split come from its checkpoint; --epochs, --sweeps and --patience may be given");
  }
  flags.model = last.spec.algorithm;
  flags.data = last.data;
  flags.split = last.split;
  flags.algorithm = last.spec.options;
  if (invocation.origin("epochs") > Origin::preset) flags.algorithm.train.epochs = asked.train.epochs;
  if (invocation.origin("patience") > Origin::preset) flags.algorithm.train.patience = asked.train.patience;
  if (invocation.origin("sweeps") > Origin::preset) flags.algorithm.bfm.sweeps = asked.bfm.sweeps;
  flags.resume = path.string();
  return last;
}

FinishedRun train(TrainFlags& flags, Invocation& invocation) {
  if (flags.model == kBest) return train_best(flags, invocation);
  try {
    if (!flags.resume.empty()) {
      const Checkpoint last = apply_checkpoint(flags, invocation);
      return train_run(flags, invocation, &last);
    }
    apply_algorithm(flags, invocation);
    return train_run(flags, invocation);
  } catch (const RunInterrupted& run) {
    spdlog::warn("go on with: movrec train --resume {}", run.folder.string());
    throw;
  }
}

}  // namespace

Action declare_train(FlagSet& set) {
  auto flags = std::make_shared<TrainFlags>();
  bind_train_flags(set, *flags);
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
    const FinishedRun run = train(*flags, invocation);
    *invocation.out << (invocation.global.json ? run.json.dump() + "\n" : run.text);
    return 0;
  };
}

}  // namespace movrec::cli
