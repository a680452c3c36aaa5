#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "movrec/model/common/fit_context.hpp"

namespace movrec {

/// One way to fit an algorithm that has several: a value of --solver.
struct Solver {
  std::string_view name;
  ModelOptions (*options)();
};

/// One row of the algorithm table.
struct Algorithm {
  std::string_view name, summary;
  ModelOptions (*options)();                         ///< what it uses, with its defaults
  std::unique_ptr<Model> (*fit)(const FitContext&);  ///< null where `train` cannot make it
  std::unique_ptr<Model> (*load)(const ModelSpec&, const StateDict&);
  bool trains_by_gradient = false;    ///< in epochs, whoever its solver is
  std::span<const Solver> solvers{};  ///< if it has several; `options` are the first's
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

  /// Whether a fit and its answers are the same to the bit at any number of threads. Where not, they are up to
  /// rounding: BLAS splits long sums of the net's products by threads.
  bool same_bits_at_any_threads = true;

  /// Whether `fit` reports epochs.
  bool has_epochs() const { return trains_by_gradient || averages_sweeps; }
  bool predicts_stars() const { return selects_by == "rmse"; }
};

std::span<const Algorithm> algorithms();
/// Error{usage} that lists the known names.
const Algorithm& find_algorithm(std::string_view name);

/// What the algorithm uses, with its defaults; by that solver, if it has several (empty: the first).
/// Error{usage} that lists the known names.
ModelOptions default_options(const Algorithm&, std::string_view solver = {});
ModelOptions default_options(std::string_view algorithm, std::string_view solver = {});
/// The options that ModelOptions::to_json gave. Those of other algorithms, which older checkpoints hold too, are
/// left out. Error{usage} for a bad value, Error{model} for what no algorithm has, if it `refuses_unknown`.
ModelOptions model_options_from_json(std::string_view algorithm,
                                     const nlohmann::json&,
                                     bool refuses_unknown = true);

}  // namespace movrec
