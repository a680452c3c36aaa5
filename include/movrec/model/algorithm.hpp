#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "movrec/data/ratings.hpp"
#include "movrec/model/model.hpp"
#include "movrec/net/options.hpp"
#include "movrec/net/row_options.hpp"
#include "movrec/solve/bfm.hpp"
#include "movrec/solve/bias.hpp"
#include "movrec/solve/knn.hpp"
#include "movrec/solve/mf_options.hpp"
#include "movrec/solve/sparsefc_options.hpp"
#include "movrec/solve/topn_options.hpp"
#include "movrec/train/options.hpp"
#include "movrec/train/trainer.hpp"

namespace movrec {

/// The options of all algorithms. Each row of the table says which of them it uses.
struct AlgorithmOptions {
  NetOptions net;
  RowNetOptions row_net;
  TrainOptions train;
  BiasOptions bias;
  MfOptions mf;
  BfmOptions bfm;
  SparseFcOptions sparsefc;
  KnnOptions knn;
  TopNOptions topn;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    NetOptions::fields(self.net, visit);
    RowNetOptions::fields(self.row_net, visit);
    TrainOptions::fields(self.train, visit);
    BiasOptions::fields(self.bias, visit);
    MfOptions::fields(self.mf, visit);
    BfmOptions::fields(self.bfm, visit);
    SparseFcOptions::fields(self.sparsefc, visit);
    KnnOptions::fields(self.knn, visit);
    TopNOptions::fields(self.topn, visit);
  }
};

/// What, beside its state, rebuilds a model: part of every checkpoint.
struct ModelSpec {
  std::string algorithm;
  AlgorithmOptions options;
  std::int32_t n_users = 0, n_items = 0;
  StarScale stars;
  std::vector<ModelSpec> members{};  ///< of a blend
};

/// What a fit says after each epoch, or when a signal broke one off.
struct EpochReport {
  const EpochStats& stats;
  const Model& model;
  std::function<StateDict()> trainer_state;
};

/// With which a fit goes on, bit by bit: the states of the model and of its trainer.
struct FitState {
  const StateDict& model;
  const StateDict& trainer;
};

/// A fit's whole world: no test row can come near it, and validation rows are behind a function.
struct FitContext {
  const ModelSpec& spec;
  const Ratings& train;
  const SideInfo* side = nullptr;  ///< of users and items besides ratings; may be null
  std::string device = "cpu";      ///< cpu, cuda, cuda:n
  std::optional<FitState> resume{};
  int last_epoch = 0;      ///< end here, within the schedule of all epochs; 0: all
  double time_budget = 0;  ///< seconds; what cannot end at any epoch plans how many it can do; 0: all
  std::vector<double> replayed_rmse{};                 ///< of the run whose number of epochs a refit repeats
  std::function<void(const Model&)> on_start{};        ///< once, before the first step; may be empty
  std::function<double(const Model&)> validate{};      ///< the row's `selects_by` on validation; may be empty
  bool validates_newcomers = false;  ///< validation asks about users by histories: dear, for a sampler
  std::function<bool(const EpochReport&)> on_epoch{};  ///< true: stop here; may be empty
};

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
