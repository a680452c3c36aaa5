#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/data/catalog.hpp"
#include "movrec/data/ratings.hpp"
#include "movrec/model/common/model.hpp"
#include "movrec/model/common/model_options.hpp"
#include "movrec/train/common/epoch_loop.hpp"

namespace movrec {

/// What, beside its state, rebuilds a model: part of every checkpoint.
struct ModelSpec {
  std::string algorithm;
  ModelOptions options;
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
  int last_epoch = 0;              ///< end here, within the schedule of all epochs; 0: all
  double time_budget = 0;          ///< seconds; what cannot end at any epoch plans how many it can do; 0: all
  std::vector<double> replayed{};  ///< validation figures of the run whose number of epochs a refit repeats
  std::function<void(const Model&)> on_start{};    ///< once, before the first step; may be empty
  std::function<double(const Model&)> validate{};  ///< the row's `selects_by` on validation; may be empty
  bool higher_is_better = false;                   ///< of what `validate` measures
  /// The same of whoever says stars alone; empty where validation ranks or asks about users by histories.
  std::function<double(const Predictor&)> validate_pairs{};
  std::function<bool(const EpochReport&)> on_epoch{};  ///< true: stop here; may be empty
};

}  // namespace movrec
