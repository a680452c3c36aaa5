#include "app/best_recipe.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "app/blend_runs.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/report/run_folder.hpp"

namespace movrec::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* kConfig = "config.toml";

/// One model of a recipe, and how its options differ from its defaults.
struct Member {
  std::string_view model;
  double weight, share_of_time;
  std::array<OptionDefault, 6> options{};  ///< empty names end the list
};

// Gibbs sampling and least squares need no validation part, so these see all of train. The autoencoder
// chooses its number of epochs on validation rows and is then trained again on all of train. Members and
// weights were chosen on validation rows: ml-1m 90/10, and u1 with a tenth of its train set aside.
constexpr OptionDefault kAllOfTrain{"valid-from", "none"};
constexpr OptionDefault kTwoChains{"chains", "2"};
constexpr std::array kLarge{
    Member{"bfm",
           0.47,
           0.5,
           {kAllOfTrain, OptionDefault{"embedding-dim", "64"}, OptionDefault{"sweeps", "400"}, kTwoChains}},
    Member{"sparsefc", 0.21, 0.42, {OptionDefault{"refit", "true"}, OptionDefault{"patience", "25"}}},
    Member{"mf", 0.2, 0.06, {kAllOfTrain, OptionDefault{"embedding-dim", "128"}}},
    Member{"knn", 0.12, 0.02, {kAllOfTrain}},
};
constexpr std::array kSmall{
    Member{"bfm",
           1,
           0.4,
           {kAllOfTrain, OptionDefault{"embedding-dim", "10"}, kTwoChains, OptionDefault{"features", "all"}}},
    Member{"bfm",
           1,
           0.3,
           {kAllOfTrain, OptionDefault{"embedding-dim", "8"}, OptionDefault{"likelihood", "gaussian"}}},
    Member{"sparsefc", 1, 0.3, {OptionDefault{"refit", "true"}, OptionDefault{"patience", "25"}}},
};
constexpr std::size_t kLargeRatings = 500'000;

/// The flags of one member: its model's defaults, then the recipe's, where the person has set nothing.
TrainFlags member_flags(const TrainFlags& all, const Member& member, const Invocation& invocation) {
  TrainFlags flags = all;
  flags.model = member.model;
  flags.time_budget = all.time_budget * member.share_of_time;
  const auto set = [&](std::span<const OptionDefault> options) {
    for (const auto& [name, text] : options)
      if (!name.empty() && invocation.origin(name) <= Origin::preset) set_option(flags, name, text);
  };
  set(find_algorithm(member.model).defaults);
  set(member.options);
  return flags;
}

/// Only what every member looks at may be set: data, split and seed.
void check_options(TrainFlags& flags, const Invocation& invocation) {
  for (const OptionRef& option : option_refs(flags.algorithm)) {
    const std::string_view name = option.field.name;
    if (invocation.origin(name) > Origin::preset && name != "seed")
      throw Error(ErrorKind::usage,
                  fmt::format("{} has no effect with model best", invocation.origin_text(name)),
                  "each of its members has its own options", "train them one by one, then movrec blend");
  }
}

std::string member_folder(std::size_t number, const Member& member) {
  return fmt::format("{}-{}", number, member.model);
}

bool is_finished(const fs::path& run) {
  return fs::exists(run / "result.json");
}

/// A new run, or the rest of one that was broken off.
void train_member(TrainFlags& flags, Invocation& invocation, const fs::path& run) {
  make_directories(run);
  flags.resume.clear();
  if (!fs::exists(run / "last.pt")) {
    train_run(flags, invocation, nullptr, run);
    return;
  }
  flags.resume = (run / "last.pt").string();
  const Checkpoint last = load_checkpoint(flags.resume);
  flags.algorithm = last.spec.options;
  train_run(flags, invocation, &last);
}

}  // namespace

FinishedRun train_best(TrainFlags& flags, Invocation& invocation) {
  check_options(flags, invocation);
  const auto [recipe, folder] = [&] {
    const Dataset dataset = load_dataset(flags.data, flags.cache);
    return std::pair(dataset.ratings.size() >= kLargeRatings ? std::span<const Member>(kLarge) : kSmall,
                     flags.resume.empty()
                         ? make_run_folder(invocation.global.runs_dir, std::string(kBest), dataset.name)
                         : fs::path(flags.resume));
  }();
  if (flags.resume.empty()) {
    write_file_atomically(folder / kConfig, given_config(flags, invocation));
  } else if (!is_best_run(folder)) {
    throw Error(ErrorKind::usage,
                fmt::format("--resume: {} is no folder of a run of model best", folder.string()),
                "there is no first member in it", "leave out --resume");
  }
  std::vector<std::string> runs, weights;
  try {
    for (const Member& member : recipe) {
      TrainFlags of_member = member_flags(flags, member, invocation);
      of_member.algorithm.train.seed += runs.size();
      const fs::path run = folder / member_folder(runs.size() + 1, member);
      spdlog::info("best: member {} of {}, {}{}", runs.size() + 1, recipe.size(), member.model,
                   is_finished(run) ? ", is there" : "");
      if (!is_finished(run)) train_member(of_member, invocation, run);
      runs.push_back(run.string());
      weights.push_back(fmt::format("{}", member.weight));
    }
  } catch (const Interrupted&) {
    spdlog::warn("go on with: movrec train --config {} --resume {}", (folder / kConfig).string(),
                 folder.string());
    throw;
  }
  return blend_runs(runs, {.weights = weights},
                    {.checkpoint = {}, .data = flags.data.data, .cache = flags.cache}, invocation.global,
                    folder);
}

bool is_best_run(const fs::path& folder) {
  const auto holds = [&](const Member& first) { return fs::is_directory(folder / member_folder(1, first)); };
  return holds(kLarge.front()) || holds(kSmall.front());
}

}  // namespace movrec::cli
