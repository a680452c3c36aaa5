#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "movrec/app/blend.hpp"
#include "movrec/app/runtime.hpp"

namespace movrec {

/// The name that asks for a recipe: `train --model best`.
inline constexpr std::string_view kBest = "best";

/// What a recipe is told: what its members share (data, split, ranking, settings, seed, time budget), and which options
/// a person has set, so that the recipe's own leave them alone.
struct RecipeRequest {
  FitRequest shared;                    ///< its model's options are not looked at
  std::optional<std::uint64_t> seed{};  ///< of the first member that draws numbers; each has the next one
  TestOptions test;
  std::function<bool(std::string_view option)> is_given = [](std::string_view) { return false; };
  std::string given_config;         ///< what was asked for, as a file: kept in the folder
  std::filesystem::path resumed{};  ///< the folder of a recipe that was broken off; empty: begin
};

/// Trains the members of the recipe for the data set, where `runtime` runs them, and blends them. Each is a run in a folder within the
/// blend's, whose config.toml holds what was asked for: when resumed, members that are finished stay,
/// the one that was broken off goes on, and the others are trained. The time budget is shared out among all of
/// them. Interrupted after a stop. Error{usage} for a folder that is no recipe's.
BlendedRun train_recipe(const RecipeRequest&, const Runtime& runtime);

/// Whether the folder is one of train_recipe's, finished or not.
bool is_recipe_run(const std::filesystem::path& folder);

}  // namespace movrec
