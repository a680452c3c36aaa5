#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/config.hpp"
#include "cli/machine.hpp"
#include "cli/train_report.hpp"
#include "cli/train_session.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/report/run_folder.hpp"

namespace movrec::cli {
namespace fs = std::filesystem;
namespace {

struct TrainFlags {
  std::string model;  ///< empty until apply_algorithm has chosen the default
  std::string resume;
  bool profile = false;
  DataOptions data;
  SplitOptions split;
  AlgorithmOptions algorithm;
  CacheOptions cache;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "model",
                .help = "the algorithm (see `movrec models`; default: biased-mf, or mlp with --layers)"},
          self.model);
    DataOptions::fields(self.data, visit);
    SplitOptions::fields(self.split, visit);
    AlgorithmOptions::fields(self.algorithm, visit);
  }
};

bool uses(std::span<const std::string_view> used, std::string_view option) {
  return std::find(used.begin(), used.end(), option) != used.end();
}

/// Which solver of the model would look at the option, as a flag; else the command that lists its options.
std::string remedy_for(const Algorithm& algorithm, std::string_view option) {
  for (const Solver& solver : algorithm.solvers)
    if (uses(solver.uses, option)) return fmt::format("--solver {}", solver.name);
  return fmt::format("movrec models {}", algorithm.name);
}

/// The model's own defaults, where nobody has set anything; and nobody may set what the model does not look
/// at.
void apply_algorithm(TrainFlags& flags, Invocation& invocation) {
  if (flags.model.empty()) flags.model = invocation.origin("layers") > Origin::preset ? "mlp" : "biased-mf";
  const Algorithm algorithm = with_solver(find_algorithm(flags.model), flags.algorithm.mf.solver);
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

/// A resumed run is what its checkpoint says; only how long it goes on may change.
Checkpoint apply_checkpoint(TrainFlags& flags, const Invocation& invocation) {
  fs::path path = flags.resume;
  if (fs::is_directory(path)) path /= "last.pt";
  path = find_checkpoint(path, invocation.global.runs_dir);
  Checkpoint last = load_checkpoint(path);
  const AlgorithmOptions asked = flags.algorithm;
  for (const OptionRef& option : option_refs(flags)) {
    const std::string_view name = option.field.name;
    if (invocation.origin(name) > Origin::preset && name != "epochs" && name != "patience" &&
        name != "sweeps")
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

Checkpoint base_checkpoint(const TrainFlags& flags, const Dataset& dataset, const Split& split) {
  Checkpoint base;
  base.spec = {flags.model, flags.algorithm, dataset.users.size(), dataset.items.size(), dataset.stars};
  base.data = flags.data;
  base.split = flags.split;
  base.dataset_name = dataset.name;
  base.dataset_checksum = dataset.checksum;
  base.split_digest = split.digest;
  base.users = dataset.users;
  base.items = dataset.items;
  return base;
}

/// The options that this run looked at, as a file that runs it again.
std::string resolved_config(TrainFlags& flags) {
  const Algorithm algorithm = with_solver(find_algorithm(flags.model), flags.algorithm.mf.solver);
  const OptionRefs of_algorithm = option_refs(flags.algorithm);
  const auto unused = [&](std::string_view name) {
    return std::any_of(of_algorithm.begin(), of_algorithm.end(),
                       [&](const OptionRef& option) { return option.field.name == name; }) &&
           !uses(algorithm.uses, name);
  };
  OptionRefs kept;
  for (OptionRef& option : option_refs(flags))
    if (!unused(option.field.name)) kept.push_back(std::move(option));
  return to_toml("train", kept);
}

int train(TrainFlags& flags, Invocation& invocation) {
  std::optional<Checkpoint> resumed;
  if (!flags.resume.empty())
    resumed = apply_checkpoint(flags, invocation);
  else
    apply_algorithm(flags, invocation);
  set_threads(invocation.global.threads);
  const std::string device = resolve_device(invocation.global.device);
  if (flags.algorithm.train.amp && device == "cpu")
    throw Error(ErrorKind::usage, "--amp needs a GPU", "on the CPU bfloat16 would be slower",
                "--device cuda, or leave out --amp");

  Dataset dataset = load_dataset(flags.data, flags.cache);
  Split split = make_split(dataset, flags.split);
  const bool takes_fraction = flags.split.split != "leave-last" && !dataset.predefined_test_begin;
  if (!resumed && !takes_fraction && invocation.origin("test-fraction") == Origin::flag)
    throw Error(ErrorKind::usage,
                fmt::format("{} has no effect: the split gives the test part",
                            invocation.origin_text("test-fraction")),
                {}, "leave it out");
  if (resumed && (resumed->dataset_checksum != dataset.checksum || resumed->split_digest != split.digest))
    throw Error(
        ErrorKind::model, fmt::format("{} belongs to other data", flags.resume),
        fmt::format("its run was trained on {} with another checksum or split", resumed->dataset_name));
  spdlog::info("{}: {} users, {} items; {} train, {} validation, {} test rows", dataset.name,
               dataset.users.size(), dataset.items.size(), split.train.size(), split.valid.size(),
               split.test.size());

  const fs::path folder = resumed ? fs::path(flags.resume).parent_path()
                                  : make_run_folder(invocation.global.runs_dir, flags.model, dataset.name);
  write_file_atomically(folder / "config.toml", resolved_config(flags));
  const LogFile log_file(folder / "train.log");

  Checkpoint base = base_checkpoint(flags, dataset, split);
  RatingParts parts = take_parts(std::move(dataset.ratings), split);
  split = {};
  const SideInfo side{dataset.catalog, dataset.user_features};
  TrainSession session(folder, std::move(base), parts.train, parts.valid, side, device);
  if (resumed) session.resume(*resumed);
  std::unique_ptr<Model> model = session.fit();
  const bool refit = flags.algorithm.train.refit && !session.interrupted() && parts.valid.size() > 0;
  if (refit) {
    parts.train.append(parts.valid);
    model = session.refit(parts.train);
  }
  if (session.interrupted()) {
    spdlog::warn("go on with: movrec train --resume {}", folder.string());
    throw Interrupted(stop_signal());
  }
  // The only look at test rows: everything is chosen by now.
  const TrainResult result{
      .folder = folder,
      .session = session,
      .spec = {flags.model, flags.algorithm, dataset.users.size(), dataset.items.size(), dataset.stars},
      .test = evaluate_ratings(*model, parts.test, parts.train, dataset.stars),
      .references = evaluate_references(parts.test, parts.train, dataset.stars),
      .best_possible_rmse = dataset.best_rmse,
      .gemm_gflops = flags.profile ? std::optional(gemm_gflops(1)) : std::nullopt};
  write_run_report(result);
  *invocation.out << (invocation.global.json ? result_json(result).dump() + "\n" : result_text(result));
  return 0;
}

}  // namespace

Action declare_train(FlagSet& set) {
  auto flags = std::make_shared<TrainFlags>();
  set.group("Model");
  set.add(option_refs(*flags).front());
  set.bind(flags->algorithm.net);
  set.bind(flags->algorithm.bias);
  set.bind(flags->algorithm.mf);
  set.group("Training");
  set.bind(flags->algorithm.train);
  set.add({Field{.name = "resume",
                 .help = "go on with a run: its folder, its last.pt, or `last.pt` for the newest run's",
                 .value_name = "PATH"},
           &flags->resume});
  set.add({Field{.name = "profile", .help = "also show where the time of training went"}, &flags->profile});
  set.group("Sampling");
  set.bind(flags->algorithm.bfm);
  set.group("Data");
  set.bind(flags->data);
  set.bind(flags->cache);
  set.group("Split");
  set.bind(flags->split);
  set.set_footer(
      "Examples:\n"
      "  movrec train                                   matrix factorization on ml-1m\n"
      "  movrec train --layers 256,128,64,32            a multi-layer perceptron\n"
      "  movrec train --dataset ml-100k --model biased-mf --embedding-dim 32\n"
      "  movrec train --config configs/s0-best.toml --seed 2\n"
      "  movrec train --resume runs/20260101-120000-neumf-ml-1m --epochs 40");
  return [flags](Invocation& invocation) { return train(*flags, invocation); };
}

}  // namespace movrec::cli
