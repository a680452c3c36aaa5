#include "movrec/app/recipe.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "app/run_data.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/log.hpp"
#include "movrec/report/run_folder.hpp"
#include "movrec/train/common/options.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

constexpr const char* kConfig = "config.toml";

/// An option by name, and its value as text.
using OptionText = std::pair<std::string_view, std::string_view>;

/// One model of a recipe, and how its options differ from its defaults.
struct RecipeMember {
  std::string_view model;
  double weight, share_of_time;
  std::array<OptionText, 6> options{};  ///< empty names end the list
};

// Gibbs sampling and least squares need no validation part, so these see all of train. The autoencoder
// chooses its number of epochs on validation rows and is then trained again on all of train. Members and
// weights were chosen on validation rows: ml-1m 90/10, and u1 with a tenth of its train set aside.
constexpr OptionText kAllOfTrain{"valid-from", "none"};
constexpr OptionText kTwoChains{"chains", "2"};
constexpr std::array kLarge{
    RecipeMember{"bfm",
                 0.47,
                 0.5,
                 {kAllOfTrain, OptionText{"embedding-dim", "64"}, OptionText{"sweeps", "400"}, kTwoChains}},
    RecipeMember{"sparsefc", 0.21, 0.42, {OptionText{"refit", "true"}, OptionText{"patience", "25"}}},
    RecipeMember{"mf", 0.2, 0.06, {kAllOfTrain, OptionText{"embedding-dim", "128"}}},
    RecipeMember{"knn", 0.12, 0.02, {kAllOfTrain}},
};
constexpr std::array kSmall{
    RecipeMember{"bfm",
                 1,
                 0.4,
                 {kAllOfTrain, OptionText{"embedding-dim", "10"}, kTwoChains, OptionText{"features", "all"}}},
    RecipeMember{
        "bfm", 1, 0.3, {kAllOfTrain, OptionText{"embedding-dim", "8"}, OptionText{"likelihood", "gaussian"}}},
    RecipeMember{"sparsefc", 1, 0.3, {OptionText{"refit", "true"}, OptionText{"patience", "25"}}},
};
constexpr std::size_t kLargeRatings = 500'000;

/// The request of one member: its model's defaults, then the recipe's, where the person has set nothing.
FitRequest member_request(const RecipeRequest& recipe, const RecipeMember& member) {
  FitRequest request = recipe.shared;
  request.algorithm = member.model;
  request.time_budget = recipe.shared.time_budget * member.share_of_time;
  request.options = default_options(member.model);
  if (auto* fit = request.options.find<FitOptions>()) fit->seed = recipe.seed.value_or(fit->seed);
  const OptionRefs all = all_options(request);
  for (const auto& [name, text] : member.options)
    if (!name.empty() && !recipe.is_given(name)) set_from_text(*find_option(all, name), text);
  return request;
}

std::string member_folder(std::size_t number, const RecipeMember& member) {
  return fmt::format("{}-{}", number, member.model);
}

bool is_finished(const fs::path& run) {
  return fs::exists(run / "result.json");
}

fs::path folder_of(const RecipeRequest& recipe, const Dataset& dataset) {
  if (recipe.resumed.empty()) {
    const fs::path folder =
        make_run_folder(recipe.shared.settings.runs_dir, std::string(kBest), dataset.name);
    write_file_atomically(folder / kConfig, recipe.given_config);
    return folder;
  }
  if (!is_recipe_run(recipe.resumed))
    throw Error(ErrorKind::usage,
                fmt::format("‹resume›: {} is no folder of a run of model best", recipe.resumed.string()),
                "there is no first member in it", "leave out ‹resume›");
  return recipe.resumed;
}

}  // namespace

BlendedRun train_recipe(const RecipeRequest& recipe, const Runtime& runtime) {
  const auto [members, folder] = [&] {
    const Dataset dataset = load_dataset(recipe.shared.data, recipe.shared.cache);
    fs::path run = folder_of(recipe, dataset);
    keep_data(run, dataset);
    return std::pair(dataset.ratings.size() >= kLargeRatings ? std::span<const RecipeMember>(kLarge) : kSmall,
                     std::move(run));
  }();
  std::vector<std::string> runs, weights;
  for (const RecipeMember& member : members) {
    FitRequest request = member_request(recipe, member);
    if (auto* fit = request.options.find<FitOptions>()) fit->seed += runs.size();
    const fs::path run = folder / member_folder(runs.size() + 1, member);
    request.folder = run;
    log_info("best: member {} of {}, {}{}", runs.size() + 1, members.size(), member.model,
             is_finished(run) ? ", is there" : "");
    try {
      if (!is_finished(run)) {
        make_directories(run);
        const Member one{.name = fmt::format("{}", member.model),
                         .request = std::move(request),
                         .test = recipe.test,
                         .goes_on = true,
                         .log = run / "member.log"};
        runtime.run(std::span(&one, 1), 1, [](std::size_t, const nlohmann::json&) {});
      }
    } catch (const Interrupted& interrupted) {
      throw RunInterrupted(interrupted.signal, folder);
    }
    runs.push_back(run.string());
    weights.push_back(fmt::format("{}", member.weight));
  }
  return blend_runs(runs, {.weights = weights},
                    {.checkpoint = {}, .data = recipe.shared.data.data, .cache = recipe.shared.cache},
                    recipe.shared.settings, folder);
}

bool is_recipe_run(const fs::path& folder) {
  const auto holds = [&](const RecipeMember& first) {
    return fs::is_directory(folder / member_folder(1, first));
  };
  return holds(kLarge.front()) || holds(kSmall.front());
}

}  // namespace movrec
