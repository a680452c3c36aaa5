#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "movrec/model/common/fit_context.hpp"

namespace movrec {

using OptionDefault = std::pair<std::string_view, std::string_view>;

/// One way to fit an algorithm that has several: a value of --solver.
struct Solver {
  std::string_view name;
  std::span<const std::string_view> uses;   ///< as Algorithm's
  std::span<const OptionDefault> defaults;  ///< as Algorithm's
};

/// One row of the algorithm table.
struct Algorithm {
  std::string_view name, summary;
  std::span<const std::string_view> uses;            ///< options it uses, by name
  std::span<const OptionDefault> defaults;           ///< where they differ from the structs'
  std::unique_ptr<Model> (*fit)(const FitContext&);  ///< null where `train` cannot make it
  std::unique_ptr<Model> (*load)(const ModelSpec&, const StateDict&);
  bool trains_by_gradient = false;    ///< in epochs, whoever its solver is
  std::span<const Solver> solvers{};  ///< if it has several; `uses` and `defaults` are the first's
  bool averages_sweeps = false;       ///< its epochs are sweeps of a sampler: the last model is the best one
  /// What validation chooses by: "rmse", or the ranking metric ("ndcg@10") of models whose scores are no
  /// stars.
  std::string_view selects_by = "rmse";
  /// What queries its models look at, where options and side information allow it; of a blend, what its
  /// members say.
  QuerySupport supports{};
  bool ranks_slowly =
      false;  ///< scores of all items take so long that `train` measures ranking only if asked
  /// Of the arrays that its models save: one more whenever an older program would misread them.
  int state_version = 1;

  /// Whether `fit` reports epochs.
  bool has_epochs() const { return trains_by_gradient || averages_sweeps; }
  bool predicts_stars() const { return selects_by == "rmse"; }
};

std::span<const Algorithm> algorithms();
/// Error{usage} that lists the known names.
const Algorithm& find_algorithm(std::string_view name);
/// The same row with what its solver of that name uses; as it is if it has one way only.
Algorithm with_solver(Algorithm, std::string_view solver);

}  // namespace movrec
