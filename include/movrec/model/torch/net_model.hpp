#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"
#include "movrec/net/options.hpp"
#include "movrec/solve/common/bias.hpp"
#include "movrec/train/options.hpp"

namespace movrec {

// Options of the pair nets. The defaults were chosen on the validation rows of ml-1m, random 80/20.

/// What they share.
struct PairNetOptions : InitOptions, HeadOptions, OffsetOptions, TrainOptions, BiasOptions {
  PairNetOptions() {
    global_mean = true;
    schedule = "one-cycle";
  }

  static constexpr std::string_view kGroup = option_group::kModel;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<InitOptions, HeadOptions, OffsetOptions, TrainOptions, BiasOptions>(self, visit);
  }
};

struct GmfOptions : FactorOptions, PairNetOptions {
  GmfOptions() {
    epochs = 6;
    embedding_l2 = 0.06;
  }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<FactorOptions, PairNetOptions>(self, visit);
  }
};

/// The perceptron over both embeddings.
struct TowerOptions : LayerOptions, DropoutOptions {
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<LayerOptions, DropoutOptions>(self, visit);
    visit(Reworded{"layers",
                   "width of the tower's embeddings, then half the width of each hidden layer: 256,128,64 is "
                   "two embeddings of 256, then Linear 512 to 256 to 128"});
  }
};

struct MlpOptions : TowerOptions, PairNetOptions {
  MlpOptions() {
    epochs = 10;
    lr = 0.002;
    dropout = 0.2;
    embedding_l2 = 0.02;
  }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<TowerOptions, PairNetOptions>(self, visit);
  }
};

struct NeuMfOptions : FactorOptions, TowerOptions, PairNetOptions {
  NeuMfOptions() {
    bias_terms = true;
    epochs = 8;
    layers = {16, 8};
    dropout = 0.3;
    embedding_l2 = 0.15;
  }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<FactorOptions, TowerOptions, PairNetOptions>(self, visit);
  }
};

/// Trains the pair net that spec.algorithm names (net/net.hpp). Pairs of which the training rows do not know
/// the user or the item get what the biases (solve/common/bias.hpp) say, never an untrained row.
std::unique_ptr<Model> fit_net_model(const FitContext&);
std::unique_ptr<Model> load_net_model(const ModelSpec&, const StateDict&);
/// A net of these weights, with what the training rows say beside them.
std::unique_ptr<Model> start_net_model(const ModelSpec&,
                                       const Ratings& train,
                                       Biases,
                                       const StateDict& weights);
/// Replaces the weights, and nothing else, of a model that one of these made.
void load_net_weights(Model&, const StateDict&);

}  // namespace movrec
