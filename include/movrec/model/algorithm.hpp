#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "movrec/data/ratings.hpp"
#include "movrec/model/model.hpp"
#include "movrec/net/options.hpp"
#include "movrec/solve/bias.hpp"
#include "movrec/train/options.hpp"

namespace movrec {

/// The options of all algorithms. Each row of the table says which of them it uses.
struct AlgorithmOptions {
  NetOptions net;
  TrainOptions train;
  BiasOptions bias;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    NetOptions::fields(self.net, visit);
    TrainOptions::fields(self.train, visit);
    BiasOptions::fields(self.bias, visit);
  }
};

/// What, beside its state, rebuilds a model: part of every checkpoint.
struct ModelSpec {
  std::string algorithm;
  AlgorithmOptions options;
  std::int32_t n_users = 0, n_items = 0;
  StarScale stars;
};

/// What a fit says after each epoch, or when a signal broke it off.
struct EpochReport {
  int epoch = 0, epochs = 0;  ///< epoch counts from 1
  double train_loss = 0;      ///< mean squared error over the epoch's rows, with dropout
  double lr = 0;              ///< of the epoch's last step
  double seconds = 0;         ///< training alone, this epoch
  std::int64_t rows = 0;
  bool interrupted = false;  ///< in the middle of this epoch; the state goes on from there
  const Model& model;
  std::function<StateDict()> trainer_state;  ///< with which a resumed fit goes on, bit by bit
};
struct EpochVerdict {
  bool stop = false;
  double valid_rmse = 0;  ///< for the plateau schedule
};

/// A fit's whole world: no test row can come near it, and validation is behind a callback.
struct FitContext {
  const ModelSpec& spec;
  const Ratings& train;
  std::string device = "cpu";         ///< cpu, cuda, cuda:n
  const StateDict* resume = nullptr;  ///< an earlier trainer_state
  int stop_after_epoch = 0;           ///< end here (refit), with the schedule of all epochs; 0: at the last
  std::function<EpochVerdict(const EpochReport&)> on_epoch{};  ///< may be empty
};

/// One row of the algorithm table.
struct Algorithm {
  std::string_view name, summary;
  std::span<const std::string_view> uses;  ///< options it uses, by name
  std::span<const std::pair<std::string_view, std::string_view>>
      defaults;  ///< where they differ from the structs'
  std::unique_ptr<Model> (*fit)(const FitContext&);
  std::unique_ptr<Model> (*load)(const ModelSpec&, const StateDict&);
  bool trains_by_gradient = false;
};

std::span<const Algorithm> algorithms();
/// Error{usage} that lists the known names.
const Algorithm& find_algorithm(std::string_view name);

}  // namespace movrec
